/** Jobs and their parts as paths name them; those that are not there end the request. */
import type {
  AttemptDetails,
  CheckpointHistory,
  JobDetails,
  SubtaskDetails,
  VertexDetails,
} from "../../cluster/cluster.ts";
import type { JobVertex } from "../../plan/job-graph.ts";
import { jobNotFound, notFound, refused } from "../errors.ts";
import { ATTEMPT, JOB_ID, SUBTASK_INDEX, VERTEX_ID } from "../parameters.ts";
import type { RestContext, RestRequest } from "../route.ts";

export async function findJob(request: RestRequest, { cluster }: RestContext): Promise<JobDetails> {
  const jobId = request.path(JOB_ID);
  const job = await cluster.job(jobId);
  if (job === null) throw jobNotFound(jobId);
  return job;
}

export interface FoundVertex {
  readonly job: JobDetails;
  readonly vertex: JobVertex;
  readonly details: VertexDetails;
}

/** null = the job has no such vertex. */
export function vertexIn(job: JobDetails, vertexId: string): FoundVertex | null {
  const vertex = job.graph?.vertices.find(({ id }) => id === vertexId);
  if (vertex === undefined) return null;
  const details = job.vertices.find((one) => one.vertexId === vertexId);
  return { job, vertex, details: details ?? { vertexId, subtasks: [], accumulators: [] } };
}

export async function findVertex(request: RestRequest, context: RestContext): Promise<FoundVertex> {
  const job = await findJob(request, context);
  const vertexId = request.path(VERTEX_ID);
  const found = vertexIn(job, vertexId);
  if (found === null) throw notFound(`JobVertex ${vertexId} not found`);
  return found;
}

export async function findSubtask(
  request: RestRequest,
  context: RestContext,
): Promise<FoundVertex & { readonly subtask: SubtaskDetails }> {
  const found = await findVertex(request, context);
  const subtask = found.details.subtasks[request.path(SUBTASK_INDEX)];
  if (subtask === undefined) {
    throw refused(404, `Invalid subtask index for vertex ${found.vertex.id}`);
  }
  return { ...found, subtask };
}

export async function findAttempt(
  request: RestRequest,
  context: RestContext,
): Promise<FoundVertex & { readonly attempt: AttemptDetails }> {
  const found = await findSubtask(request, context);
  const number = request.path(ATTEMPT);
  const { subtask } = found;
  const attempts: readonly AttemptDetails[] = [subtask, ...subtask.earlierAttempts];
  const attempt = attempts.find((one) => one.attempt === number);
  if (attempt === undefined) throw refused(404, `Invalid attempt num ${number}`);
  return { ...found, attempt };
}

export async function findCheckpoints(
  request: RestRequest,
  { cluster }: RestContext,
): Promise<CheckpointHistory> {
  const jobId = request.path(JOB_ID);
  const history = await cluster.checkpoints(jobId);
  if (history === null) throw jobNotFound(jobId);
  return history;
}
