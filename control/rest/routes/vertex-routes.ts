import type { FlameNode } from "../../cluster/cluster.ts";
import { isEnded, subtaskBody } from "../bodies/tasks.ts";
import {
  attemptAccumulatorsBody,
  backPressureBody,
  subtaskAccumulatorsBody,
  subtaskTimesBody,
  vertexAccumulatorsBody,
  vertexBody,
  vertexTaskManagersBody,
  watermarksBody,
} from "../bodies/vertices.ts";
import { internalFailure, refused } from "../errors.ts";
import type { Json } from "../json.ts";
import { FLAME_SUBTASK, FLAME_TYPE, JOB_ID, VERTEX_ID } from "../parameters.ts";
import {
  type Answer,
  ok,
  type RestContext,
  type RestRequest,
  type Route,
  readRoute,
} from "../route.ts";
import {
  type FoundVertex,
  findAttempt,
  findJob,
  findSubtask,
  findVertex,
  vertexIn,
} from "./find.ts";

/** In the place of the time of a flame graph: there are no samples yet; there will be none. */
const WAITING = -1;
const TERMINATED = -3;

/** A body of a vertex that is there. */
function vertexRoute(
  path: string,
  summary: string,
  body: (found: FoundVertex, nowMs: number) => Json,
): Route {
  return readRoute(`/jobs/:jobid/vertices/:vertexid${path}`, summary, async (request, context) =>
    ok(body(await findVertex(request, context), context.clock.now())),
  );
}

export const VERTEX_ROUTES: readonly Route[] = [
  vertexRoute("", "A task and its subtasks", ({ vertex, details }, nowMs) =>
    vertexBody(vertex, details, nowMs),
  ),
  vertexRoute("/subtasktimes", "When subtasks became what", ({ vertex, details }, nowMs) =>
    subtaskTimesBody(vertex, details, nowMs),
  ),
  vertexRoute("/taskmanagers", "Where subtasks run", ({ vertex, details }, nowMs) =>
    vertexTaskManagersBody(vertex, details, nowMs),
  ),
  vertexRoute("/accumulators", "Accumulators of a task", ({ vertex, details }) =>
    vertexAccumulatorsBody(vertex.id, details),
  ),
  vertexRoute("/subtasks/accumulators", "Accumulators of each subtask", ({ vertex, details }) =>
    subtaskAccumulatorsBody(vertex, details),
  ),
  readRoute(
    "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex",
    "The present attempt of a subtask",
    async (request, context) => {
      const { subtask } = await findSubtask(request, context);
      return ok(subtaskBody(subtask, context.clock.now()));
    },
  ),
  readRoute(
    "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/attempts/:attempt",
    "An attempt of a subtask",
    async (request, context) => {
      const { attempt } = await findAttempt(request, context);
      return ok(subtaskBody(attempt, context.clock.now()));
    },
  ),
  readRoute(
    "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/attempts/:attempt/accumulators",
    "Accumulators of an attempt",
    async (request, context) => {
      const { job, vertex, attempt } = await findAttempt(request, context);
      return ok(attemptAccumulatorsBody(job.jobId, vertex.id, attempt));
    },
  ),
  readRoute(
    "/jobs/:jobid/vertices/:vertexid/watermarks",
    "Watermarks at the inputs of subtasks",
    async (request, context) => {
      const job = await findJob(request, context);
      const vertexId = request.path(VERTEX_ID);
      const found = vertexIn(job, vertexId);
      if (found === null) throw refused(404, `No vertex with ID '${vertexId}' exists.`);
      const isSource = found.vertex.operators[0]?.kind === "source";
      return ok(watermarksBody(found.details, isSource));
    },
  ),
  readRoute(
    "/jobs/:jobid/vertices/:vertexid/backpressure",
    "How much subtasks are held back",
    backPressure,
  ),
  readRoute(
    "/jobs/:jobid/vertices/:vertexid/flamegraph",
    "Where subtasks spend their time",
    flameGraph,
    [FLAME_TYPE, FLAME_SUBTASK],
  ),
];

async function backPressure(request: RestRequest, { cluster, clock }: RestContext) {
  const job = await cluster.job(request.path(JOB_ID));
  const found = job === null ? null : vertexIn(job, request.path(VERTEX_ID));
  // Not known is not yet sampled: clients ask again.
  if (found === null || found.details.subtasks.length === 0) return ok({ status: "deprecated" });
  const { subtasks } = found.details;
  if (subtasks.some(({ rates }) => rates !== null)) {
    return ok(backPressureBody(found.details, clock.now()));
  }
  // Coordinators of sources have figures before their subtasks do.
  const isSource = found.vertex.operators[0]?.kind === "source";
  const wasSampled = subtasks.some(({ metrics }) => metrics !== null);
  if (!wasSampled && !isSource) return ok({ status: "deprecated" });
  throw internalFailure("java.util.NoSuchElementException: No value present");
}

async function flameGraph(request: RestRequest, context: RestContext): Promise<Answer> {
  const { job, vertex, details } = await findVertex(request, context);
  const subtaskIndex = request.value(FLAME_SUBTASK) ?? null;
  if (subtaskIndex !== null && details.subtasks[subtaskIndex] === undefined) {
    throw refused(404, `Invalid subtask index for vertex ${vertex.id}`);
  }
  const graph = await context.cluster.flameGraph({
    jobId: job.jobId,
    vertexId: vertex.id,
    subtaskIndex,
    samples: request.value(FLAME_TYPE) ?? "full",
  });
  if (graph === null) {
    const hasEnded = details.subtasks.length > 0 && details.subtasks.every(isEnded);
    return ok({ endTimestamp: hasEnded ? TERMINATED : WAITING });
  }
  return ok({ endTimestamp: graph.endedMs, data: flameBody(graph.root) });
}

function flameBody({ name, value, children }: FlameNode): Json {
  return { name, value, children: children.map(flameBody) };
}
