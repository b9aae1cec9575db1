/** Which windows WebAssembly aggregates: see dataplane/worker/operators/window-segment.ts. */
import { MAX_SHARED_WINDOWS, type WindowSpec } from "../../dataplane/protocol/window-spec.ts";

/** Windows that may be open at one time and share nothing: each is a table. */
const MAX_OPEN_WINDOWS = 256;

/** Why they run in JavaScript; null = they need not. */
export function windowsInJavaScript({
  assigner,
  trigger,
  evictor,
  allowedLatenessMs,
  fold,
  call,
}: WindowSpec): string | null {
  if (assigner.kind !== "tumbling" && assigner.kind !== "sliding") {
    return `${assigner.kind} windows run in JavaScript`;
  }
  if (assigner.time !== "event") return "windows of processing time run in JavaScript";
  if (assigner.kind === "tumbling" && assigner.stagger !== "ALIGNED") {
    return "staggered windows run in JavaScript";
  }
  if (trigger.kind !== "event-time") return "its trigger runs in JavaScript";
  if (evictor !== null) return "its evictor runs in JavaScript";
  if (call !== null) return "its window function is called in JavaScript";
  if (fold.kind === "elements") return "windows that keep their elements run in JavaScript";
  const slideMs = assigner.kind === "tumbling" ? assigner.sizeMs : assigner.slideMs;
  const windows = assigner.sizeMs / slideMs;
  const areShared = fold.kind !== "reduce" && windows <= MAX_SHARED_WINDOWS;
  const open = (areShared ? 0 : windows) + allowedLatenessMs / slideMs;
  return open > MAX_OPEN_WINDOWS
    ? `more than ${MAX_OPEN_WINDOWS} windows are open at a time`
    : null;
}
