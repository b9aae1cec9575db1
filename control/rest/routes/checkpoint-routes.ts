import type { CheckpointDetails, CheckpointHistory } from "../../cluster/cluster.ts";
import {
  checkpointBody,
  checkpointConfigBody,
  checkpointStatisticsBody,
  vertexCheckpointBody,
} from "../bodies/checkpoints.ts";
import { notFound, refused } from "../errors.ts";
import { CHECKPOINT_ID, VERTEX_ID } from "../parameters.ts";
import { ok, type RestRequest, type Route, readRoute } from "../route.ts";
import { findCheckpoints } from "./find.ts";

export const CHECKPOINT_ROUTES: readonly Route[] = [
  readRoute("/jobs/:jobid/checkpoints", "Checkpoints of a job", async (request, context) =>
    ok(checkpointStatisticsBody(await findCheckpoints(request, context))),
  ),
  readRoute(
    "/jobs/:jobid/checkpoints/config",
    "When a job takes checkpoints",
    async (request, context) => ok(checkpointConfigBody(await findCheckpoints(request, context))),
  ),
  readRoute(
    "/jobs/:jobid/checkpoints/details/:checkpointid",
    "A checkpoint, by tasks",
    async (request, context) => {
      const history = await findCheckpoints(request, context);
      return ok(checkpointBody(findCheckpoint(request, history), true));
    },
  ),
  readRoute(
    "/jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid",
    "A checkpoint of a task, by subtasks",
    async (request, context) => {
      const history = await findCheckpoints(request, context);
      const checkpoint = findCheckpoint(request, history);
      const wanted = request.path(VERTEX_ID);
      const vertex = checkpoint.vertices.find(({ vertexId }) => vertexId === wanted);
      if (vertex === undefined) {
        throw notFound(`There is no checkpoint statistics for task ${wanted}.`);
      }
      return ok(vertexCheckpointBody(checkpoint, vertex));
    },
  ),
];

function findCheckpoint(request: RestRequest, history: CheckpointHistory): CheckpointDetails {
  const wanted = request.path(CHECKPOINT_ID);
  const { latestCompleted, latestSavepoint, latestFailed } = history;
  const known = [...history.history, latestCompleted, latestSavepoint, latestFailed];
  const found = known.find((checkpoint) => checkpoint?.checkpointId === wanted);
  if (found === null || found === undefined) {
    throw refused(404, `Could not find checkpointing statistics for checkpoint ${wanted}.`);
  }
  return found;
}
