/** What sources and sinks may know is what all user functions may. */
export type { RuntimeContext } from "../functions/runtime-context.ts";
