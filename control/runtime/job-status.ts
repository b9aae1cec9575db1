/** Transitions between job states. */
import type { JobStatus } from "../common/job-status.ts";

const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  INITIALIZING: ["CREATED", "FAILED", "CANCELED"],
  CREATED: ["RUNNING", "FAILING", "FAILED", "CANCELLING", "CANCELED"],
  RUNNING: ["FINISHED", "FAILING", "CANCELLING", "RESTARTING", "SUSPENDED"],
  FAILING: ["FAILED", "RESTARTING"],
  CANCELLING: ["CANCELED", "FAILED"],
  RESTARTING: ["CREATED", "RUNNING", "FAILING", "CANCELLING"],
  SUSPENDED: ["RECONCILING", "CANCELED", "FAILED"],
  RECONCILING: ["CREATED", "RUNNING", "FAILED"],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
};

export function isTerminal(status: JobStatus): boolean {
  return TRANSITIONS[status].length === 0;
}

/** Whether `from` may become `to`. */
export function mayBecome(from: JobStatus, to: JobStatus): boolean {
  return TRANSITIONS[from].includes(to);
}
