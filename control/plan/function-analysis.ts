/** What the plan asks of whoever can read user functions; control/compiler answers. */
import type { DataType } from "../../dataplane/protocol/types.ts";

export interface AnalysisRequest {
  /** A function, or an object with a method named as its role. */
  readonly fn: unknown;
  readonly role: "map" | "filter" | "flatMap" | "keySelector" | "partitioner" | "reduce";
  readonly inputType: DataType;
  /** Declared by returns(), or as the type of the key. */
  readonly declaredOutput: DataType | null;
  /** Partitioners: the selector of the key or the index of its field, and how many channels there are. */
  readonly partition?: { readonly key: unknown; readonly channels: number };
}

export type FunctionAnalysis =
  | {
      readonly ok: true;
      /** Key selectors: type of the key. */
      readonly outputType: DataType;
      /** What the operator does as IR: plain JSON. */
      readonly program: object;
      /** Of the record's top-level fields: those that a key selector does nothing but name, or that a reduce takes from neither record as they are. */
      readonly fields: readonly number[] | null;
    }
  | { readonly ok: false; readonly reason: string };

export type FunctionAnalyzer = (request: AnalysisRequest) => FunctionAnalysis;

/** Where functions are not looked at, as in workers: nothing is compiled. */
export const NO_ANALYZER: FunctionAnalyzer = () => ({ ok: false, reason: "not analyzed" });
