/** Savepoints, checkpoints and stops: begun by one request, asked for by others. */
import { externalPath } from "../bodies/checkpoints.ts";
import { internalFailure, refused } from "../errors.ts";
import type { OperationKind } from "../operations.ts";
import { JOB_ID, TRIGGER_ID } from "../parameters.ts";
import type { BodyFormat, Field } from "../request-body.ts";
import {
  type Answer,
  accepted,
  ok,
  type RestContext,
  type RestRequest,
  type Route,
  readRoute,
} from "../route.ts";
import { operationBody } from "./operation-answers.ts";

const FORMATS = ["CANONICAL", "NATIVE"] as const;
const TRIGGER: Field & { readonly kind: "id" } = {
  kind: "id",
  description: "Id of the operation; the same again is the same operation",
};
const FORMAT: Field & { readonly kind: typeof FORMATS } = {
  kind: FORMATS,
  description: "Both are the same here",
};

const SAVEPOINT = {
  name: "SavepointTriggerRequestBody",
  fields: {
    "target-directory": { kind: "text", description: "Where the savepoint goes" },
    "cancel-job": { kind: "boolean", description: "Whether the job is canceled behind it" },
    formatType: FORMAT,
    triggerId: TRIGGER,
  },
} as const;

const STOP = {
  name: "StopWithSavepointRequestBody",
  fields: {
    targetDirectory: { kind: "text", description: "Where the savepoint goes" },
    drain: { kind: "boolean", description: "Whether windows and timers fire first" },
    formatType: FORMAT,
    triggerId: TRIGGER,
  },
} as const;

const CHECKPOINT = {
  name: "CheckpointTriggerRequestBody",
  fields: {
    checkpointType: {
      kind: ["CONFIGURED", "FULL", "INCREMENTAL"],
      description: "CONFIGURED and FULL are the same here",
    },
    triggerId: TRIGGER,
  },
} as const;

const DISPOSAL = {
  name: "SavepointDisposalRequest",
  fields: { "savepoint-path": { kind: "text", description: "Path of the savepoint" } },
} as const satisfies BodyFormat<Readonly<Record<string, Field>>>;

export const OPERATION_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/jobs/:jobid/savepoints",
    role: "submit",
    summary: "Begins a savepoint",
    body: SAVEPOINT,
    answer: (request, { cluster, operations }) => {
      const jobId = request.path(JOB_ID);
      const body = request.body(SAVEPOINT);
      const stop = body["cancel-job"] === true ? "cancel" : null;
      const savepoint = { directory: body["target-directory"], stop } as const;
      return begun(
        operations.begin("savepoint", jobId, body.triggerId, () =>
          cluster.savepoint(jobId, savepoint),
        ),
      );
    },
  },
  {
    method: "POST",
    path: "/jobs/:jobid/stop",
    role: "submit",
    summary: "Ends a job with a savepoint",
    body: STOP,
    answer: (request, { cluster, operations }) => {
      const jobId = request.path(JOB_ID);
      const { targetDirectory: directory, drain, triggerId } = request.body(STOP);
      const stop = drain === true ? "drain" : "suspend";
      return begun(
        operations.begin("savepoint", jobId, triggerId, () =>
          cluster.savepoint(jobId, { directory, stop }),
        ),
      );
    },
  },
  readRoute(
    "/jobs/:jobid/savepoints/:triggerid",
    "What became of a savepoint or stop",
    (request, context) =>
      operation(request, context, "savepoint", (path) => ({
        location: externalPath(String(path)),
      })),
  ),
  {
    method: "POST",
    path: "/jobs/:jobid/checkpoints",
    role: "submit",
    summary: "Begins a checkpoint",
    body: CHECKPOINT,
    answer: (request, { cluster, operations }) => {
      const jobId = request.path(JOB_ID);
      const { checkpointType, triggerId } = request.body(CHECKPOINT);
      if (checkpointType === "INCREMENTAL") {
        throw internalFailure(
          "java.lang.IllegalStateException: Flink does not support triggering incremental checkpoint explicitly. See FLINK-33723.",
        );
      }
      return begun(
        operations.begin("checkpoint", jobId, triggerId, () => cluster.checkpoint(jobId)),
      );
    },
  },
  readRoute(
    "/jobs/:jobid/checkpoints/:triggerid",
    "What became of a checkpoint",
    (request, context) =>
      operation(
        request,
        context,
        "checkpoint",
        (checkpointId) => ({ checkpointId: Number(checkpointId) }),
        "failureCause",
      ),
  ),
  {
    method: "POST",
    path: "/savepoint-disposal",
    role: "admin",
    summary: "Deletes a savepoint",
    body: DISPOSAL,
    answer: (request, { cluster, operations }) => {
      const { "savepoint-path": path } = request.body(DISPOSAL);
      if (path === null) throw refused(400, "Field savepoint-path must not be omitted or be null.");
      const id = operations.begin("savepoint-disposal", "", null, () =>
        cluster.disposeSavepoint(path),
      );
      return ok({ "request-id": id });
    },
  },
  readRoute(
    "/savepoint-disposal/:triggerid",
    "Whether a savepoint is deleted",
    (request, { operations }) =>
      ok(
        operationBody(
          operations.state("savepoint-disposal", "", request.path(TRIGGER_ID)),
          () => ({}),
        ),
      ),
  ),
];

function begun(triggerId: string): Answer {
  return accepted({ "request-id": triggerId });
}

function operation(
  request: RestRequest,
  { operations }: RestContext,
  kind: OperationKind & ("savepoint" | "checkpoint"),
  result: Parameters<typeof operationBody>[1],
  failureName?: string,
): Answer {
  const jobId = request.path(JOB_ID);
  const triggerId = request.path(TRIGGER_ID);
  const state = operations.state(kind, jobId, triggerId);
  if (state === null) {
    throw refused(
      404,
      `There is no ${kind} operation with triggerId=${triggerId} for job ${jobId}.`,
    );
  }
  return ok(operationBody(state, result, failureName));
}
