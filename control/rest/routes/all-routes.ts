/** Every route of Flink's API. */
import type { Route } from "../route.ts";
import { CHECKPOINT_ROUTES } from "./checkpoint-routes.ts";
import { CLUSTER_ROUTES } from "./cluster-routes.ts";
import { JAR_ROUTES } from "./jar-routes.ts";
import { JOB_ROUTES } from "./job-routes.ts";
import { MANAGER_ROUTES } from "./manager-routes.ts";
import { METRIC_ROUTES } from "./metric-routes.ts";
import { OPERATION_ROUTES } from "./operation-routes.ts";
import { RESOURCE_ROUTES } from "./resource-routes.ts";
import { SUBMIT_ROUTES } from "./submit-routes.ts";
import { VERTEX_ROUTES } from "./vertex-routes.ts";

export const FLINK_ROUTES: readonly Route[] = [
  ...CLUSTER_ROUTES,
  ...JAR_ROUTES,
  ...SUBMIT_ROUTES,
  ...JOB_ROUTES,
  ...VERTEX_ROUTES,
  ...CHECKPOINT_ROUTES,
  ...OPERATION_ROUTES,
  ...METRIC_ROUTES,
  ...MANAGER_ROUTES,
  ...RESOURCE_ROUTES,
];
