/** State of one attempt of a subtask, with Flink's names. */
export type ExecutionState =
  | "CREATED"
  | "SCHEDULED"
  | "DEPLOYING"
  | "INITIALIZING"
  | "RUNNING"
  | "FINISHED"
  | "CANCELING"
  | "CANCELED"
  | "FAILED"
  | "RECONCILING";

const ENDED: ReadonlySet<ExecutionState> = new Set(["FINISHED", "CANCELED", "FAILED"]);

/** Whether an attempt in this state stays in it. */
export function isEndState(state: ExecutionState): boolean {
  return ENDED.has(state);
}
