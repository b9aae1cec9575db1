/** The one place that names the worker's entry files: by URL, so that control/ never links against dataplane/worker or a thread's code. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Piscina task file: exports runSlot. */
export const slotTaskUrl = new URL(
  `../../dataplane/worker/slot-task.${extension}`,
  import.meta.url,
);

/** What programs import; workers load it while their job is still being put together. */
export const engineUrl = new URL(`../index.${extension}`, import.meta.url);

/** Runs slots on the calling thread: exports runInProcess. */
export const inProcessUrl = new URL(
  `../../dataplane/worker/in-process.${extension}`,
  import.meta.url,
);

/** The thread that writes a job's snapshots. */
export const snapshotThreadUrl = new URL(
  `../../dataplane/snapshot/snapshot-thread.${extension}`,
  import.meta.url,
);
