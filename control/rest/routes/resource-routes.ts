/** How parallel the tasks of a running job are to be: it is checked, but nothing changes it while a job runs. */
import type { JobVertex } from "../../plan/job-graph.ts";
import { hasEnded } from "../bodies/jobs.ts";
import { internalFailure, jobNotFoundText, refused } from "../errors.ts";
import { JOB_ID, parseHexId } from "../parameters.ts";
import { type RestContext, type RestRequest, type Route, readRoute } from "../route.ts";

const FORMAT = "JobResourceRequirementsBody";
const UNSUPPORTED =
  "java.lang.UnsupportedOperationException: The DefaultScheduler does not support changing the parallelism without a job restart. This feature is currently only expected to work with the AdaptiveScheduler.";

export const RESOURCE_ROUTES: readonly Route[] = [
  readRoute(
    "/jobs/:jobid/resource-requirements",
    "Bounds of the parallelism of the tasks of a job: not supported",
    async (request, context) => {
      await runningJob(request, context);
      throw internalFailure(UNSUPPORTED);
    },
  ),
  {
    method: "PUT",
    path: "/jobs/:jobid/resource-requirements",
    role: "submit",
    summary: "Changes them: not supported",
    body: "members",
    answer: async (request, context) => {
      const wanted = boundsOf(request.members(FORMAT));
      const job = await runningJob(request, context);
      const problems = problemsOf(wanted, job.graph?.vertices ?? []);
      if (problems.length > 0) throw refused(400, problems.join("\n"));
      throw internalFailure(UNSUPPORTED);
    },
  },
];

async function runningJob(request: RestRequest, { cluster }: RestContext) {
  const jobId = request.path(JOB_ID);
  const job = await cluster.job(jobId);
  if (job === null || hasEnded(job)) throw internalFailure(jobNotFoundText(jobId));
  return job;
}

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

function boundsOf(members: Readonly<Record<string, unknown>>): ReadonlyMap<string, Bounds> {
  return new Map(
    Object.entries(members).map(([name, member]) => {
      const vertexId = parseHexId(name);
      const bounds = readBounds(member);
      if (vertexId === undefined || bounds === null) {
        throw refused(400, `Request did not match expected format ${FORMAT}.`);
      }
      return [vertexId, bounds];
    }),
  );
}

function readBounds(member: unknown): Bounds | null {
  const { parallelism } = (member ?? {}) as { readonly parallelism?: unknown };
  const { lowerBound, upperBound } = (parallelism ?? {}) as {
    readonly lowerBound?: unknown;
    readonly upperBound?: unknown;
  };
  return Number.isInteger(lowerBound) && Number.isInteger(upperBound)
    ? { lower: Number(lowerBound), upper: Number(upperBound) }
    : null;
}

function problemsOf(
  wanted: ReadonlyMap<string, Bounds>,
  vertices: readonly JobVertex[],
): readonly string[] {
  const known = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const missing = vertices.filter(({ id }) => !wanted.has(id));
  return [
    ...[...wanted].flatMap(([id, bounds]) => vertexProblems(id, bounds, known.get(id))),
    ...missing.map(
      ({ id }) => `The request is incomplete, missing job vertex [${id}] resource requirements.`,
    ),
  ];
}

function vertexProblems(
  id: string,
  { lower, upper }: Bounds,
  vertex: JobVertex | undefined,
): readonly string[] {
  if (vertex === undefined) return [`Job vertex [${id}] was not found in the JobGraph.`];
  const problems: string[] = [];
  if (lower > upper) {
    problems.push(
      `The requested lower bound [${lower}] for job vertex [${id}] is higher than the upper bound [${upper}].`,
    );
  }
  if (upper > vertex.maxParallelism) {
    problems.push(
      `The newly requested parallelism ${upper} for the job vertex ${id} exceeds its maximum parallelism ${vertex.maxParallelism}.`,
    );
  }
  return problems;
}
