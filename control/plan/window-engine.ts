/** Which windows WebAssembly aggregates: see window-segment.ts and session-segment.ts in dataplane/worker/operators. */
import { MAX_SHARED_WINDOWS, type WindowSpec } from "../../dataplane/protocol/window-spec.ts";

/** Windows that may be open at one time and share nothing: each is a table. */
const MAX_OPEN_WINDOWS = 256;

/** Why they run in JavaScript; null = they need not. */
export function windowsInJavaScript(window: WindowSpec): string | null {
  const { assigner, trigger, evictor, fold, call } = window;
  if (assigner.kind === "global" || assigner.kind === "custom") {
    return `${assigner.kind} windows run in JavaScript`;
  }
  if (assigner.time !== "event") return "windows of processing time run in JavaScript";
  if (assigner.kind === "tumbling" && assigner.stagger !== "ALIGNED") {
    return "staggered windows run in JavaScript";
  }
  if (assigner.kind === "session" && assigner.gapMs === null) {
    return "sessions with a gap of each record run in JavaScript";
  }
  if (trigger.kind !== "event-time") return "its trigger runs in JavaScript";
  if (evictor !== null) return "its evictor runs in JavaScript";
  if (call !== null) return "its window function is called in JavaScript";
  if (fold.kind === "elements") return "windows that keep their elements run in JavaScript";
  return openWindows(window) > MAX_OPEN_WINDOWS
    ? `more than ${MAX_OPEN_WINDOWS} windows are open at a time`
    : null;
}

/** Tables of windows at one time. */
function openWindows({ assigner, fold, allowedLatenessMs }: WindowSpec): number {
  if (assigner.kind !== "tumbling" && assigner.kind !== "sliding") return 1;
  const slideMs = assigner.kind === "tumbling" ? assigner.sizeMs : assigner.slideMs;
  const windows = assigner.sizeMs / slideMs;
  const areShared = "field" in fold && windows <= MAX_SHARED_WINDOWS;
  return (areShared ? 0 : windows) + allowedLatenessMs / slideMs;
}
