/** A service elsewhere, by Flink's REST API. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { Clock } from "../common/clock.ts";

export interface RemoteTarget {
  /** Of the service: "http://127.0.0.1:8081". */
  readonly url: string;
  /** null = the service asks for none. */
  readonly token: string | null;
}

export interface RemoteJob {
  readonly jid: string;
  readonly name: string;
  readonly state: string;
  /** ms since the epoch. */
  readonly "start-time": number;
  /** ms. */
  readonly duration: number;
  readonly tasks: Readonly<Record<string, number>>;
}

export interface RemoteVertex {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly status: string;
  readonly metrics: Readonly<Record<string, unknown>>;
}

export interface RemoteJobDetails extends Omit<RemoteJob, "tasks"> {
  readonly vertices: readonly RemoteVertex[];
}

export interface RemoteRunRequest {
  readonly programArgsList: readonly string[];
  readonly parallelism?: number;
  readonly savepointPath?: string;
  readonly allowNonRestoredState?: boolean;
}

/** Between two looks at an operation, ms. */
const POLL_MS = 100;

interface Operation {
  readonly status: { readonly id: "IN_PROGRESS" | "COMPLETED" };
  readonly operation: OperationOutcome | null;
}

interface OperationOutcome {
  readonly location?: string;
  readonly checkpointId?: number;
  readonly "failure-cause"?: { readonly "stack-trace": string };
  readonly failureCause?: { readonly "stack-trace": string };
}

export class RemoteClusterClient {
  readonly #target: RemoteTarget;
  readonly #clock: Clock;

  constructor(target: RemoteTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
  }

  /** @returns the id of the bundle. Errors: MR_SERVICE_UNREACHABLE, MR_SERVICE_REFUSED; so of all. */
  async upload(bundle: Uint8Array, fileName: string): Promise<string> {
    const form = new FormData();
    form.append("jarfile", new Blob([Uint8Array.from(bundle)]), fileName);
    const { filename } = await this.#ask<{ filename: string }>("POST", "/jars/upload", form);
    return filename.split("/").at(-1) ?? filename;
  }

  /** @returns the id of the program's first job */
  async run(jarId: string, request: RemoteRunRequest): Promise<string> {
    const path = `/jars/${encodeURIComponent(jarId)}/run`;
    return (await this.#ask<{ jobid: string }>("POST", path, request)).jobid;
  }

  async jobs(): Promise<readonly RemoteJob[]> {
    return (await this.#ask<{ jobs: readonly RemoteJob[] }>("GET", "/jobs/overview")).jobs;
  }

  job(jobId: string): Promise<RemoteJobDetails> {
    return this.#ask<RemoteJobDetails>("GET", jobPath(jobId));
  }

  async cancel(jobId: string): Promise<void> {
    await this.#ask("PATCH", `${jobPath(jobId)}?mode=cancel`);
  }

  /**
   * Settled when the job has stopped.
   *
   * @param drain whether windows and timers fire before it does
   * @returns the path of the savepoint
   */
  async stop(jobId: string, targetDirectory: string | null, drain: boolean): Promise<string> {
    const { location } = await this.#await(`${jobPath(jobId)}/stop`, "savepoints", jobId, {
      drain,
      ...(targetDirectory === null ? {} : { targetDirectory }),
    });
    return location ?? "";
  }

  /** @returns its path */
  async savepoint(jobId: string, targetDirectory: string | null): Promise<string> {
    const { location } = await this.#await(`${jobPath(jobId)}/savepoints`, "savepoints", jobId, {
      "cancel-job": false,
      ...(targetDirectory === null ? {} : { "target-directory": targetDirectory }),
    });
    return location ?? "";
  }

  /** @returns its id */
  async checkpoint(jobId: string): Promise<number> {
    const path = `${jobPath(jobId)}/checkpoints`;
    const { checkpointId } = await this.#await(path, "checkpoints", jobId, {});
    return checkpointId ?? 0;
  }

  /** Starts an operation, and waits for its end. */
  async #await(
    path: string,
    kind: "savepoints" | "checkpoints",
    jobId: string,
    body: object,
  ): Promise<OperationOutcome> {
    const started = await this.#ask<{ "request-id": string }>("POST", path, body);
    const status = `${jobPath(jobId)}/${kind}/${started["request-id"]}`;
    for (;;) {
      const { operation } = await this.#ask<Operation>("GET", status);
      if (operation !== null) return outcomeOf(operation);
      await new Promise<void>((resolve) => this.#clock.after(POLL_MS, resolve));
    }
  }

  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const { url, token } = this.#target;
    const isForm = body instanceof FormData;
    const headers = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
    };
    const content = body === undefined ? null : isForm ? body : JSON.stringify(body);
    const address = new URL(`/v1${path}`, url);
    const response = await fetch(address, { method, headers, body: content }).catch(
      (error: unknown) => {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new EngineError("MR_SERVICE_UNREACHABLE", { target: url, message }, error);
      },
    );
    const text = await response.text();
    if (!response.ok) {
      const { status } = response;
      throw new EngineError("MR_SERVICE_REFUSED", { status, message: refusalOf(text) });
    }
    return (text === "" ? {} : JSON.parse(text)) as T;
  }
}

function jobPath(jobId: string): string {
  return `/jobs/${encodeURIComponent(jobId)}`;
}

function outcomeOf(operation: OperationOutcome): OperationOutcome {
  const failure = operation["failure-cause"] ?? operation.failureCause;
  if (failure === undefined) return operation;
  const reason = firstLine(failure["stack-trace"]);
  throw new EngineError("MR_SAVEPOINT_FAILED", { reason });
}

/** Of a body `{"errors": [...]}`, what a person reads first. */
function refusalOf(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: readonly unknown[] };
    if (errors?.[0] !== undefined) return firstLine(String(errors[0]));
  } catch {
    // Something else has answered, such as a proxy: its text says more than none.
  }
  return firstLine(text);
}

/** Without the stack, and without names of Java's classes in front. */
function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line.replace(/^([\w$]+\.)+[\w$]+: /, "").trim();
}
