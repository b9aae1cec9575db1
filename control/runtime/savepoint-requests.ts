/** Savepoints and checkpoints that somebody has asked for and waits for. */
import { randomUUID } from "node:crypto";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { RequestAnswer } from "../checkpoint/coordinator-types.ts";

export interface CompletedRequest {
  readonly checkpointId: number;
  readonly path: string;
}

interface Request {
  readonly folder: string | null;
  path: string;
  resolve(completed: CompletedRequest): void;
  reject(error: EngineError): void;
}

/** Reasons of a refusal, for people. */
const REASONS: Readonly<Record<Extract<RequestAnswer, { isCompleted: false }>["reason"], string>> =
  {
    declined: "a task could not take part in it",
    expired: "it took longer than checkpointTimeout",
    "manifest-failed": "its manifest could not be written",
    subsumed: "a later one was completed first",
    "job-failed": "the job failed meanwhile",
    "job-ended": "the job has ended",
    "not-all-running": "not all tasks are running yet; ask again",
    "some-finished": "some tasks have finished, and checkpointsAfterTasksFinish is off",
    stopping: "the job is being stopped with a savepoint already",
  };

export class SavepointRequests {
  readonly #requests = new Map<string, Request>();

  /** @param folder that a savepoint goes to; null = it is a checkpoint */
  create(folder: string | null): {
    readonly requestId: string;
    readonly completed: Promise<CompletedRequest>;
  } {
    const requestId = randomUUID();
    const completed = new Promise<CompletedRequest>((resolve, reject) => {
      this.#requests.set(requestId, { folder, path: "", resolve, reject });
    });
    return { requestId, completed };
  }

  folderOf(requestId: string): string | null {
    return this.#requests.get(requestId)?.folder ?? null;
  }

  /** Where it was written to. */
  setPath(requestId: string, path: string): void {
    const request = this.#requests.get(requestId);
    if (request !== undefined) request.path = path;
  }

  answer(requestId: string, answer: RequestAnswer): void {
    const request = this.#requests.get(requestId);
    this.#requests.delete(requestId);
    if (request === undefined) return;
    if (answer.isCompleted) {
      request.resolve({ checkpointId: answer.checkpointId, path: request.path });
      return;
    }
    const { reason, error, checkpointId } = answer;
    const written =
      checkpointId === null ? "" : ` The savepoint itself is complete: ${request.path}.`;
    const details = { reason: `${REASONS[reason]}.${written}` };
    const cause = error === null ? undefined : EngineError.fromWire(error);
    request.reject(new EngineError("MR_SAVEPOINT_FAILED", details, cause));
  }
}
