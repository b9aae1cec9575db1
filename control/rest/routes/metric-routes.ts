import type { SubtaskDetails } from "../../cluster/cluster.ts";
import { jobMetrics, subtaskMetrics, vertexMetrics } from "../metrics/job-metrics.ts";
import {
  aggregatesBody,
  type MetricValues,
  metricsBody,
  subtaskFilter,
} from "../metrics/metric-values.ts";
import { jobManagerMetrics, taskManagerMetrics } from "../metrics/process-metrics.ts";
import {
  AGGREGATES,
  GET_METRICS,
  JOB_ID,
  JOBS,
  SUBTASK_INDEX,
  SUBTASKS,
  TASK_MANAGER_ID,
  TASK_MANAGERS,
  VERTEX_ID,
} from "../parameters.ts";
import { ok, type RestContext, type RestRequest, type Route, readRoute } from "../route.ts";
import { type FoundVertex, vertexIn } from "./find.ts";

const NOTHING: MetricValues = new Map();

/** Metrics of one thing; of what is not there, none. */
function metricRoute(
  path: string,
  summary: string,
  values: (request: RestRequest, context: RestContext) => Promise<MetricValues>,
): Route {
  return readRoute(
    path,
    summary,
    async (request, context) => ok(metricsBody(await values(request, context), namesIn(request))),
    [GET_METRICS],
  );
}

/** Metrics over several things of a kind. */
function aggregateRoute(
  path: string,
  summary: string,
  queries: NonNullable<Route["queries"]>,
  values: (request: RestRequest, context: RestContext) => Promise<readonly MetricValues[]>,
): Route {
  return readRoute(
    path,
    summary,
    async (request, context) => {
      const all = await values(request, context);
      return ok(aggregatesBody(all, namesIn(request), request.query(AGGREGATES)));
    },
    [GET_METRICS, AGGREGATES, ...queries],
  );
}

/** null = the parameter is not there; "get=" is there and names none. */
function namesIn(request: RestRequest): readonly string[] | null {
  return request.has(GET_METRICS) ? request.query(GET_METRICS) : null;
}

export const METRIC_ROUTES: readonly Route[] = [
  metricRoute("/jobmanager/metrics", "Metrics of the service", async (_, { cluster }) =>
    jobManagerMetrics(await cluster.info(), await cluster.jobs(), await cluster.taskManagers()),
  ),
  metricRoute(
    "/taskmanagers/:taskmanagerid/metrics",
    "Metrics of a task manager",
    async (request, { cluster }) => {
      const wanted = request.path(TASK_MANAGER_ID);
      const found = (await cluster.taskManagers()).find((one) => one.taskManagerId === wanted);
      return found === undefined ? NOTHING : taskManagerMetrics(found);
    },
  ),
  metricRoute("/jobs/:jobid/metrics", "Metrics of a job", (request, context) =>
    metricsOfJob(request.path(JOB_ID), context),
  ),
  metricRoute(
    "/jobs/:jobid/vertices/:vertexid/metrics",
    "Metrics of the subtasks of a task",
    async (request, context) => {
      const found = await maybeVertex(request, context);
      return found === null ? NOTHING : vertexMetrics(found.vertex, found.details.subtasks);
    },
  ),
  metricRoute(
    "/jobs/:jobid/vertices/:vertexid/jm-operator-metrics",
    "Metrics of the coordinators of a task",
    async () => NOTHING,
  ),
  metricRoute(
    "/jobs/:jobid/vertices/:vertexid/subtasks/:subtaskindex/metrics",
    "Metrics of a subtask",
    async (request, context) => {
      const found = await maybeVertex(request, context);
      const subtask = found?.details.subtasks[request.path(SUBTASK_INDEX)];
      return found === null || subtask === undefined
        ? NOTHING
        : subtaskMetrics(found.vertex, subtask);
    },
  ),
  aggregateRoute(
    "/jobs/:jobid/vertices/:vertexid/subtasks/metrics",
    "Metrics over the subtasks of a task",
    [SUBTASKS],
    async (request, context) => {
      const found = await maybeVertex(request, context);
      if (found === null) return [];
      const isWanted = subtaskFilter(request.query(SUBTASKS));
      const subtasks = found.details.subtasks.filter(
        ({ subtaskIndex }: SubtaskDetails) => isWanted === null || isWanted(subtaskIndex),
      );
      return subtasks.map((subtask) => subtaskMetrics(found.vertex, subtask));
    },
  ),
  aggregateRoute("/jobs/metrics", "Metrics over jobs", [JOBS], async (request, context) => {
    const wanted = request.query(JOBS);
    const jobs = await context.cluster.jobs();
    const shown = jobs.filter(({ jobId, status }) =>
      wanted.length === 0 ? status === "RUNNING" : wanted.includes(jobId),
    );
    return Promise.all(shown.map(({ jobId }) => metricsOfJob(jobId, context)));
  }),
  aggregateRoute(
    "/taskmanagers/metrics",
    "Metrics over task managers",
    [TASK_MANAGERS],
    async (request, { cluster }) => {
      const wanted = request.query(TASK_MANAGERS);
      const taskManagers = await cluster.taskManagers();
      return taskManagers
        .filter(({ taskManagerId }) => wanted.length === 0 || wanted.includes(taskManagerId))
        .map(taskManagerMetrics);
    },
  ),
];

async function metricsOfJob(jobId: string, { cluster, clock }: RestContext): Promise<MetricValues> {
  const [job, checkpoints] = await Promise.all([cluster.job(jobId), cluster.checkpoints(jobId)]);
  return job === null ? NOTHING : jobMetrics(job, checkpoints, clock.now());
}

async function maybeVertex(
  request: RestRequest,
  { cluster }: RestContext,
): Promise<FoundVertex | null> {
  const job = await cluster.job(request.path(JOB_ID));
  return job === null ? null : vertexIn(job, request.path(VERTEX_ID));
}
