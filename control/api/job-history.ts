/**
 * What the execute() calls of a program answered, so that a worker that runs the program again for a
 * later job can replay them. One history per program: a script has the process's, every run of a job
 * definition has its own.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { EngineError, type WireError } from "../../dataplane/protocol/errors.ts";
import type { JobResultData } from "./job-client.ts";

export type RecordedError = WireError | { readonly name: string; readonly message: string };

/** Structured-cloneable. `rows`: what was taken from the job's collect sink. */
export type RecordedJob =
  | { readonly kind: "running"; readonly rows: readonly unknown[] }
  | { readonly kind: "finished"; readonly result: JobResultData; readonly rows: readonly unknown[] }
  | { readonly kind: "failed"; readonly error: RecordedError; readonly rows: readonly unknown[] };

export class JobRecord {
  readonly #rows: unknown[] = [];
  #outcome: { result: JobResultData } | { error: RecordedError } | null = null;

  addRow(row: unknown): void {
    this.#rows.push(row);
  }

  finish(result: JobResultData): void {
    this.#outcome = { result };
  }

  fail(error: unknown): void {
    this.#outcome = { error: recordError(error) };
  }

  snapshot(): RecordedJob {
    const rows = this.#rows;
    if (this.#outcome === null) return { kind: "running", rows };
    if ("result" in this.#outcome) return { kind: "finished", result: this.#outcome.result, rows };
    return { kind: "failed", error: this.#outcome.error, rows };
  }
}

export class JobHistory {
  readonly #records: JobRecord[] = [];

  /** The next execute() call: its index and where its answer goes. */
  begin(): { readonly index: number; readonly record: JobRecord } {
    const record = new JobRecord();
    this.#records.push(record);
    return { index: this.#records.length - 1, record };
  }

  /** Answers of the calls before `index`. */
  before(index: number): readonly RecordedJob[] {
    return this.#records.slice(0, index).map((record) => record.snapshot());
  }
}

const ofProcess = new JobHistory();
const current = new AsyncLocalStorage<JobHistory>();

/** Runs a program with a history of its own. */
export function withJobHistory<T>(run: () => T): T {
  return current.run(new JobHistory(), run);
}

export function currentJobHistory(): JobHistory {
  return current.getStore() ?? ofProcess;
}

function recordError(error: unknown): RecordedError {
  if (error instanceof EngineError) return error.toWire();
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

/** The error a job ended with, as it was thrown. */
export function replayedError(recorded: RecordedError): Error {
  if ("code" in recorded) return EngineError.fromWire(recorded);
  const error = new Error(recorded.message);
  error.name = recorded.name;
  return error;
}
