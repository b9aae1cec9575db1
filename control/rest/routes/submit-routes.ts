/** Flink's own way to submit a job, which nobody but a Java machine can take part in. */
import { refused } from "../errors.ts";
import type { Route } from "../route.ts";

export const SUBMIT_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/jobs",
    role: "submit",
    summary: "Job graphs in Java's serialization: not taken",
    body: "files",
    answer: () => {
      throw refused(
        400,
        "This service runs job bundles of Millrace, not Java programs. Upload one by POST /jars/upload and start it by POST /jars/:jarid/run, or use `millrace submit`.",
      );
    },
  },
];
