/** docs/reference/job-graph.schema.json, made from the schema in the source. */
import { JobGraphSchema } from "../control/plan/job-graph-schema.ts";

export const JOB_GRAPH_SCHEMA_PAGE = "docs/reference/job-graph.schema.json";

export function renderJobGraphSchema(): string {
  return `${JSON.stringify(JobGraphSchema, null, 2)}\n`;
}
