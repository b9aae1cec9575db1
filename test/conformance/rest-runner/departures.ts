/** Recordings that are answered otherwise on purpose, and why. */
import type { Recording } from "./recordings.ts";

interface Departure {
  readonly why: string;
  readonly is: (recording: Recording) => boolean;
}

export const DEPARTURES: readonly Departure[] = [
  {
    why: "the parallelism of a running job does not change: there is no adaptive scheduler",
    is: ({ state = "", request }) =>
      state.includes("adaptive scheduler") && request.path.endsWith("/resource-requirements"),
  },
  {
    why: "a job that waits for slots has its plan already",
    is: ({ state = "", request }) =>
      (state.includes("CREATED (adaptive") || state.includes("while CREATED")) &&
      /^\/jobs\/[0-9a-f]{32}(\/plan)?$/.test(request.path),
  },
  {
    why: "pages of other sites may not read answers: they would reach servers of this machine",
    is: ({ name }) => name === "CORS origin",
  },
];
