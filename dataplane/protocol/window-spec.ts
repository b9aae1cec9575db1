/** What a `window` operator is told about its windows. Plain JSON; times in ms. */
import type { BatchType, KeySpec, RollingFunction } from "./deployment.ts";

/** Sliding windows of a record that can share tables (worker/operators/window-slices.ts). */
export const MAX_SHARED_WINDOWS = 1000;

export type WindowTime = "event" | "processing";

/** How the windows of subtasks are shifted against each other. */
export type WindowStaggerKind = "ALIGNED" | "RANDOM" | "NATURAL";

export type WindowAssignerSpec =
  | {
      readonly kind: "tumbling";
      readonly time: WindowTime;
      readonly sizeMs: number;
      readonly offsetMs: number;
      readonly stagger: WindowStaggerKind;
    }
  | {
      readonly kind: "sliding";
      readonly time: WindowTime;
      readonly sizeMs: number;
      readonly slideMs: number;
      readonly offsetMs: number;
    }
  | {
      readonly kind: "session";
      readonly time: WindowTime;
      /** null = of each record; role "gap". */
      readonly gapMs: number | null;
    }
  | { readonly kind: "global"; readonly firesAtEnd: boolean }
  | { readonly kind: "custom" }; // role "assigner"

export type TriggerSpec =
  | { readonly kind: "event-time" | "processing-time" | "never" | "end-of-stream" }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "continuous"; readonly time: WindowTime; readonly intervalMs: number }
  | { readonly kind: "delta"; readonly threshold: number } // role "trigger": the delta function
  | { readonly kind: "purging"; readonly of: TriggerSpec }
  | {
      readonly kind: "processing-timeout";
      readonly of: TriggerSpec;
      readonly timeoutMs: number;
      readonly resetsTimerOnNewRecord: boolean;
      readonly clearsOnTimeout: boolean;
    }
  | { readonly kind: "custom" }; // role "trigger"

export type EvictorSpec =
  | { readonly kind: "count"; readonly count: number; readonly evictsAfter: boolean }
  | { readonly kind: "time"; readonly sizeMs: number; readonly evictsAfter: boolean }
  | { readonly kind: "delta"; readonly threshold: number; readonly evictsAfter: boolean } // role "evictor": the delta function
  | { readonly kind: "custom" }; // role "evictor"

/** What becomes of the records of a window. */
export type WindowFoldSpec =
  | {
      readonly kind: RollingFunction;
      readonly field: string | number;
      /** minBy, maxBy: among equals the first record stays (true) or the last one wins. */
      readonly first: boolean;
    }
  | { readonly kind: "reduce" } // role "fn"
  | { readonly kind: "aggregate" } // role "fn"
  | { readonly kind: "elements" }; // all are kept

/** What is done with the result, or the elements; role "window". */
export type WindowFunctionKind = "process" | "apply";

export interface WindowSpec {
  readonly assigner: WindowAssignerSpec;
  readonly trigger: TriggerSpec;
  /** null = none. */
  readonly evictor: EvictorSpec | null;
  readonly allowedLatenessMs: number;
  /** Side output of late records; null = they are dropped and counted. */
  readonly lateTag: string | null;
  readonly fold: WindowFoldSpec;
  /** null = the result is put out as it is. */
  readonly call: WindowFunctionKind | null;
}

/** Stretches of time whose rows may be folded together in front of an exchange: from offset + n * size on. ms. */
export interface CombinePanes {
  readonly sizeMs: number;
  readonly offsetMs: number;
}

/** Whether results of a built-in aggregate hold the key and the aggregate alone, nothing of whichever record came first. */
export function holdsAggregateOnly(
  { kind, field }: Extract<WindowFoldSpec, { readonly field: string | number }>,
  { record }: BatchType,
  key: KeySpec,
): boolean {
  if (kind === "minBy" || kind === "maxBy") return false;
  if (record.kind !== "TUPLE" && record.kind !== "ROW") return false;
  const keys: readonly number[] = key.kind === "fields" ? key.fields : [];
  return record.fields.every(
    (of, index) => keys.includes(index) || field === ("name" in of ? of.name : index),
  );
}
