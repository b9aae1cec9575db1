/** What user functions, sources and sinks may know about the subtask they run in (after Flink's RuntimeContext). */

import type { Accumulator } from "../protocol/accumulators.ts";
import type { KeyedStateStore } from "./state.ts";

/** Keyed state is there in functions on keyed streams; elsewhere asking for it throws MR_STATE_NOT_KEYED. */
export interface RuntimeContext extends KeyedStateStore {
  getTaskName(): string;
  getIndexOfThisSubtask(): number;
  getNumberOfParallelSubtasks(): number;
  getMaxNumberOfParallelSubtasks(): number;
  getAttemptNumber(): number;
  /** Registers under a name; the same name twice in one subtask is a TypeError. */
  addAccumulator<V, R>(name: string, accumulator: Accumulator<V, R>): void;
}
