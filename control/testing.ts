/**
 * `millrace/testing`: what users test their own functions and jobs with.
 * @public
 */
export { ManualClock } from "./common/manual-clock.ts";
export {
  createHarness,
  createTwoInputHarness,
  OneInputHarness,
  type OneInputOptions,
  TwoInputHarness,
  type TwoInputOptions,
} from "./testing/create-harness.ts";
export type { HarnessSnapshot } from "./testing/harness-snapshot.ts";
export { MiniCluster, type MiniClusterOptions } from "./testing/mini-cluster.ts";
export type { HarnessOptions, OperatorHarness } from "./testing/operator-harness.ts";
export { ProcessFunctionTestHarnesses } from "./testing/process-function-test-harnesses.ts";
export {
  record,
  type StreamElement,
  type StreamRecord,
  type WatermarkElement,
  type WatermarkStatus,
  watermark,
  watermarkStatus,
} from "./testing/stream-element.ts";
