/** `npm run docs`: writes the documents that are made from tables in the source. */
import { writeFileSync } from "node:fs";
import { CONFIGURATION_PAGE, renderConfigurationPage } from "./configuration-page.ts";
import { ERRORS_PAGE, renderErrorsPage } from "./errors-page.ts";
import { JOB_GRAPH_SCHEMA_PAGE, renderJobGraphSchema } from "./job-graph-schema-page.ts";

const PAGES = [
  [ERRORS_PAGE, renderErrorsPage],
  [CONFIGURATION_PAGE, renderConfigurationPage],
  [JOB_GRAPH_SCHEMA_PAGE, renderJobGraphSchema],
] as const;

for (const [path, render] of PAGES) {
  writeFileSync(new URL(`../../${path}`, import.meta.url), render());
  console.log(`Wrote ${path}.`);
}
