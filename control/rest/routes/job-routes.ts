import { EngineError } from "../../../dataplane/protocol/errors.ts";
import type { JobDetails } from "../../cluster/cluster.ts";
import { exceptionsBody } from "../bodies/exceptions.ts";
import {
  executionResultBody,
  jobAccumulatorsBody,
  jobConfigBody,
  jobDetailsBody,
  jobListBody,
  jobOverviewBody,
} from "../bodies/jobs.ts";
import { planBody } from "../bodies/plan.ts";
import { COMPLETION_EXCEPTION, internalFailure, jobNotFoundText, refused } from "../errors.ts";
import { INCLUDE_SERIALIZED, JOB_ID, MAX_EXCEPTIONS, MODE } from "../parameters.ts";
import {
  type Answer,
  accepted,
  ok,
  type RestContext,
  type RestRequest,
  type Route,
  readRoute,
} from "../route.ts";
import { findJob } from "./find.ts";

const EXCEPTIONS_SHOWN = 20;

/** A body of a job that is there. */
function jobRoute(
  path: string,
  summary: string,
  body: (job: JobDetails, request: RestRequest, context: RestContext) => Answer,
  queries: Route["queries"] = [],
): Route {
  return readRoute(
    `/jobs/:jobid${path}`,
    summary,
    async (request, context) => body(await findJob(request, context), request, context),
    queries,
  );
}

export const JOB_ROUTES: readonly Route[] = [
  readRoute("/jobs", "Ids and states of all jobs", async (_, { cluster }) =>
    ok(jobListBody(await cluster.jobs())),
  ),
  readRoute(
    "/jobs/overview",
    "All jobs, with their tasks by state",
    async (_, { cluster, clock }) =>
      ok(jobOverviewBody((await cluster.jobs()).toReversed(), clock.now())),
  ),
  jobRoute("", "A job, its tasks and its plan", (job, _, { clock }) =>
    ok(jobDetailsBody(job, clock.now())),
  ),
  jobRoute("/plan", "The plan of a job", (job) => ok({ plan: planBody(job.jobId, job.graph) })),
  jobRoute("/config", "Settings of a job", (job) => ok(jobConfigBody(job))),
  jobRoute(
    "/exceptions",
    "What went wrong in a job",
    (job, request) =>
      ok(exceptionsBody(job, Math.max(0, request.value(MAX_EXCEPTIONS) ?? EXCEPTIONS_SHOWN))),
    [MAX_EXCEPTIONS],
  ),
  jobRoute(
    "/accumulators",
    "Accumulators of a job",
    (job, request) => ok(jobAccumulatorsBody(job, request.value(INCLUDE_SERIALIZED) ?? false)),
    [INCLUDE_SERIALIZED],
  ),
  readRoute("/jobs/:jobid/status", "State of a job", async (request, { cluster }) => {
    const jobId = request.path(JOB_ID);
    const job = await cluster.job(jobId);
    if (job === null) throw internalFailure(jobNotFoundText(jobId));
    return ok({ status: job.status });
  }),
  readRoute("/jobs/:jobid/execution-result", "How a job ended", async (request, { cluster }) => {
    const jobId = request.path(JOB_ID);
    const job = await cluster.job(jobId);
    if (job !== null) return ok(executionResultBody(job));
    const text = jobNotFoundText(jobId);
    throw refused(404, text, `${COMPLETION_EXCEPTION}: ${text}`, text);
  }),
  {
    method: "PATCH",
    path: "/jobs/:jobid",
    role: "submit",
    summary: "Cancels a job",
    queries: [MODE],
    answer: (request, context) =>
      request.value(MODE) === "stop" ? stopRefused() : cancel(request, context),
  },
  {
    method: "GET",
    path: "/jobs/:jobid/yarn-cancel",
    role: "submit",
    summary: "Cancels a job, for proxies that let through GET only",
    answer: cancel,
  },
  {
    method: "GET",
    path: "/jobs/:jobid/yarn-stop",
    role: "submit",
    summary: "Was removed",
    answer: stopRefused,
  },
  {
    method: "PATCH",
    path: "/jobs/:jobid/clientHeartbeat",
    role: "submit",
    summary: "Tells that the client of a job is still there",
    answer: () => accepted({}),
  },
  {
    method: "PATCH",
    path: "/jobs/:jobid/rescaling",
    role: "submit",
    summary: "Was removed",
    answer: rescalingRefused,
  },
  readRoute("/jobs/:jobid/rescaling/:triggerid", "Was removed", rescalingRefused),
];

function stopRefused(): Answer {
  throw refused(
    308,
    'The termination mode "stop" has been removed. For an ungraceful shutdown, please use "cancel" instead. For a graceful shutdown, please use "jobs/:jobId/stop" instead.',
  );
}

function rescalingRefused(): Answer {
  throw refused(503, "Rescaling is temporarily disabled. See FLINK-12312.");
}

async function cancel(request: RestRequest, { cluster }: RestContext): Promise<Answer> {
  const jobId = request.path(JOB_ID);
  const job = await cluster.job(jobId);
  if (job === null) throw jobGone(jobId);
  if (job.status === "FINISHED" || job.status === "FAILED") {
    throw refused(
      409,
      `Job cancellation failed because the job has already reached another terminal state (${job.status}).`,
    );
  }
  try {
    await cluster.cancel(jobId);
  } catch (error) {
    if (error instanceof EngineError && error.code === "MR_JOB_NOT_FOUND") throw jobGone(jobId);
    throw error;
  }
  return accepted({});
}

function jobGone(jobId: string) {
  return refused(404, "Job could not be found.", jobNotFoundText(jobId));
}
