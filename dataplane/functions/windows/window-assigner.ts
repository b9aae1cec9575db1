/** Which windows a record belongs to (after Flink's WindowAssigner). */
import { EngineError } from "../../protocol/errors.ts";
import { LONG_MIN, type Long } from "../../protocol/long.ts";
import type { WindowAssignerSpec } from "../../protocol/window-spec.ts";
import type { Trigger } from "./trigger.ts";
import type { Window } from "./window.ts";

/** @public */
export interface WindowAssignerContext {
  /** ms. */
  getCurrentProcessingTime(): number;
  /** @internal From 0 (inclusive) to 1 (exclusive). */
  random(): number;
}

/**
 * Assigns windows to records.
 * @public
 */
export abstract class WindowAssigner<T, W extends Window = Window> {
  /** @param timestampMs Long.MIN (a bigint) if the record has no time */
  abstract assignWindows(
    element: T,
    timestampMs: number,
    context: WindowAssignerContext,
  ): readonly W[];
  /** When windows fire that were given no trigger. */
  abstract getDefaultTrigger(): Trigger<T, NoInfer<W>>;
  /** Whether windows close by watermarks, or by the clock. */
  abstract isEventTime(): boolean;

  /** @internal */
  get spec(): WindowAssignerSpec {
    return { kind: "custom" };
  }

  /** @internal What `spec` does not say: the function of its role. */
  get custom(): unknown {
    return this;
  }
}

/** `timestamp`, unless it says that there is none. Errors: MR_RECORD_NO_TIMESTAMP. */
export function checkTimestamp(timestamp: Long): Long {
  if (timestamp === LONG_MIN) throw new EngineError("MR_RECORD_NO_TIMESTAMP");
  return timestamp;
}
