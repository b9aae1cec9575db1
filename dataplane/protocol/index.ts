/**
 * `millrace/protocol`: layouts, messages and types for other hosts of the data plane.
 * @public
 */
export * from "./accumulators.ts";
export * from "./batch-layout.ts";
export * from "./deployment.ts";
export * from "./errors.ts";
export * from "./frame-layout.ts";
export * from "./memory-layout.ts";
export * from "./messages.ts";
export * from "./metrics-layout.ts";
export * from "./program-spec.ts";
export * from "./ring-layout.ts";
export * from "./ring-sizing.ts";
export * from "./status.ts";
export * from "./task-mode.ts";
export * from "./types.ts";
export * from "./view-layout.ts";
export * from "./wiring.ts";
