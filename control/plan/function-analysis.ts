/** What the plan asks of whoever can read user functions; control/compiler answers. */
import type { DataType } from "../../dataplane/protocol/types.ts";

export interface AnalysisRequest {
  /** A function, or an object with a method named as its role. */
  readonly fn: unknown;
  readonly role:
    | "map"
    | "filter"
    | "flatMap"
    | "keySelector"
    | "partitioner"
    | "reduce"
    | "aggregate"
    | "timestamp";
  readonly inputType: DataType;
  /** Declared by returns(), or as the type of the key. */
  readonly declaredOutput: DataType | null;
  /** Of partitioners. */
  readonly partition?: Partition | undefined;
}

/** Where the arguments of a partitioner come from: it is compiled with its key, as the function of a record. */
export interface Partition {
  /** The function that selects the key, an object with getKey(), or which field of the record it is. */
  readonly key: unknown;
  readonly channels: number;
}

export type FunctionAnalysis =
  | {
      readonly ok: true;
      /** Key selectors: type of the key. */
      readonly outputType: DataType;
      /** Type of the accumulator; of an AggregateFunction only. */
      readonly accumulatorType?: DataType;
      /** What the operator does as IR: plain JSON. */
      readonly program: object;
      /** Top-level fields of the record, if naming them is all that a key selector does; otherwise null. */
      readonly keyFields: readonly number[] | null;
      /** Top-level fields that a reduce takes from neither record as they are; none of other functions. */
      readonly changedFields: readonly number[];
    }
  | { readonly ok: false; readonly reason: string };

export type FunctionAnalyzer = (request: AnalysisRequest) => FunctionAnalysis;

/** Where functions are not looked at, as in workers: nothing is compiled. */
export const NO_ANALYZER: FunctionAnalyzer = () => ({ ok: false, reason: "not analyzed" });
