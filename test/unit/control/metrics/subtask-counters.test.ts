import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../control/common/manual-clock.ts";
import {
  readSubtaskCounters,
  SUBTASK_COUNTERS_SIZE,
} from "../../../../control/metrics/subtask-counters.ts";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { LONG_MAX } from "../../../../dataplane/protocol/long.ts";
import { SubtaskMetrics } from "../../../../dataplane/worker/metrics.ts";
import { SourceActivity } from "../../../../dataplane/worker/operators/source-activity.ts";
import { WatermarkEmitter } from "../../../../dataplane/worker/watermarks/watermark-emitter.ts";

function source() {
  const buffer = new SharedArrayBuffer(SUBTASK_COUNTERS_SIZE);
  const clock = new ManualClock(1000);
  const metrics = new SubtaskMetrics(buffer, 0);
  const activity = new SourceActivity(metrics, clock);
  const read = () => readSubtaskCounters(buffer, 0, clock.now());
  const lags = () => {
    const { sourceIdleTime, currentEmitEventTimeLag, watermarkLag } = read();
    return [sourceIdleTime, currentEmitEventTimeLag, watermarkLag];
  };
  return { clock, activity, emitter: new WatermarkEmitter(metrics), read, lags };
}

const rows = (...times: (number | null)[]) =>
  ({ rowCount: times.length, timestampOf: (row: number) => times[row] ?? null }) as BatchView;

test("what is not known is null, as for tasks without a source", () => {
  const { read, lags } = source();
  assert.deepEqual(lags(), [null, null, null]);
  const { currentInputWatermark, currentOutputWatermark, watermarkAlignmentDrift } = read();
  const known = [currentInputWatermark, currentOutputWatermark, watermarkAlignmentDrift];
  assert.deepEqual(known, [null, null, null]);
});

test("lags of a source at work grow with the clock, those of a silent one do not", () => {
  const { clock, activity, emitter, read, lags } = source();
  activity.idle();
  clock.advance(20);
  assert.deepEqual(lags(), [20, null, null]);
  activity.emitted(rows(700, 900));
  emitter.emitWatermark(600n);
  assert.deepEqual(lags(), [0, 120, 420]);
  assert.equal(read().currentOutputWatermark, 600);
  clock.advance(5);
  activity.emitted(rows(null));
  activity.emitted(rows());
  activity.emitted(null);
  assert.deepEqual(lags(), [0, 125, 425]);
  activity.idle();
  clock.advance(100);
  activity.idle();
  activity.emitted(rows());
  assert.deepEqual(lags(), [100, 125, 425]);
  activity.emitted(rows(901));
  emitter.emitWatermark(LONG_MAX);
  assert.deepEqual(lags(), [0, 224, null]);
});
