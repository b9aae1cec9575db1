import { FLINK_COMMIT, FLINK_REVISION, FLINK_VERSION } from "../flink-version.ts";
import { DATA_SET_ID, TRIGGER_ID } from "../parameters.ts";
import { accepted, ok, type RestContext, type Route, readRoute } from "../route.ts";
import { operationBody } from "./operation-answers.ts";

const REFRESH_INTERVAL_MS = 3000;

export const CLUSTER_ROUTES: readonly Route[] = [
  readRoute("/overview", "Slots, and how many jobs there are in which state", async (_, context) =>
    ok(await overview(context)),
  ),
  readRoute("/config", "What a dashboard has to know", () =>
    ok({
      "refresh-interval": REFRESH_INTERVAL_MS,
      "timezone-name": "Coordinated Universal Time",
      "timezone-offset": 0,
      "flink-version": FLINK_VERSION,
      "flink-revision": FLINK_REVISION,
      features: {
        "web-submit": true,
        "web-cancel": true,
        "web-rescale": false,
        "web-history": false,
      },
    }),
  ),
  {
    method: "DELETE",
    path: "/cluster",
    role: "admin",
    summary: "Ends the service",
    answer: async (_, { cluster }) => {
      await cluster.shutDown();
      return ok({});
    },
  },
  readRoute("/datasets", "Results that later jobs may read: there are none", () =>
    ok({ dataSets: [] }),
  ),
  {
    method: "DELETE",
    path: "/datasets/:datasetid",
    role: "submit",
    summary: "Forgets such a result",
    answer: (request, { operations }) => {
      request.path(DATA_SET_ID);
      const id = operations.begin("data-set", "", null, () => Promise.resolve(null));
      return accepted({ "request-id": id });
    },
  },
  readRoute(
    "/datasets/delete/:triggerid",
    "Whether a result is forgotten",
    (request, { operations }) =>
      ok(operationBody(operations.state("data-set", "", request.path(TRIGGER_ID)), () => ({}))),
  ),
];

async function overview({ cluster }: RestContext) {
  const [info, jobs, taskManagers] = await Promise.all([
    cluster.info(),
    cluster.jobs(),
    cluster.taskManagers(),
  ]);
  const count = (...statuses: string[]): number =>
    jobs.filter(({ status }) => statuses.includes(status)).length;
  const ended = count("FINISHED", "CANCELED", "FAILED");
  return {
    taskmanagers: taskManagers.length,
    "slots-total": info.slotsTotal,
    "slots-available": info.slotsAvailable,
    "jobs-running": jobs.length - ended,
    "jobs-finished": count("FINISHED"),
    "jobs-cancelled": count("CANCELED"),
    "jobs-failed": count("FAILED"),
    "flink-version": FLINK_VERSION,
    "flink-commit": FLINK_COMMIT,
  };
}
