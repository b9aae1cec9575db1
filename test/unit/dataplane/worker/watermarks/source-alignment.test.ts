import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../../../../../control/common/manual-clock.ts";
import type { SourceReader } from "../../../../../dataplane/connectors/source.ts";
import { LONG_MAX } from "../../../../../dataplane/protocol/long.ts";
import {
  METRIC_ALIGNMENT_DRIFT,
  METRIC_COUNT,
} from "../../../../../dataplane/protocol/metrics-layout.ts";
import { createWatermarkCells } from "../../../../../dataplane/protocol/watermark-group.ts";
import { SubtaskMetrics } from "../../../../../dataplane/worker/metrics.ts";
import {
  IdlenessGenerator,
  MaxTimestampGenerator,
} from "../../../../../dataplane/worker/watermarks/generators.ts";
import { SourceAlignment } from "../../../../../dataplane/worker/watermarks/source-alignment.ts";
import { SplitWatermarks } from "../../../../../dataplane/worker/watermarks/split-watermarks.ts";
import { WatermarkEmitter } from "../../../../../dataplane/worker/watermarks/watermark-emitter.ts";
import { WatermarkGroup } from "../../../../../dataplane/worker/watermarks/watermark-group.ts";

const IDLE_MS = 500;

class Member {
  readonly metrics = new SubtaskMetrics(new SharedArrayBuffer(METRIC_COUNT * 8), 0);
  readonly group: WatermarkGroup;
  readonly emitter: WatermarkEmitter;
  readonly splits: SplitWatermarks;
  readonly alignment: SourceAlignment;
  readonly paused: string[] = [];

  constructor(index: number, cells: SharedArrayBuffer, clock: ManualClock, canPauseSplits = false) {
    const { metrics } = this;
    this.group = new WatermarkGroup({ cells, index });
    this.emitter = new WatermarkEmitter(metrics);
    const createGenerator = () =>
      new IdlenessGenerator(new MaxTimestampGenerator(0), IDLE_MS, () => clock.monotonic());
    this.splits = new SplitWatermarks(createGenerator, this.emitter);
    const reader = {
      ...(canPauseSplits
        ? {
            pauseOrResumeSplits: (paused: string[], resumed: string[]) => {
              this.paused.push(...paused.map((id) => `-${id}`), ...resumed.map((id) => `+${id}`));
            },
          }
        : {}),
    } as unknown as SourceReader<unknown>;
    const { group, emitter, splits } = this;
    const spec = { group: "g", maxDriftMs: 100, updateIntervalMs: 1000 };
    this.alignment = new SourceAlignment({ spec, group, clock, metrics, emitter, splits, reader });
  }

  see(timestampMs: number, splitId = "only"): void {
    const split = this.splits.add(splitId);
    split.generator.onEvent("row", timestampMs, split.output);
    this.splits.onPeriodicEmit();
  }
}

function members(count: number, canPauseSplits = false) {
  const clock = new ManualClock();
  const cells = createWatermarkCells(count);
  return {
    clock,
    members: Array.from({ length: count }, (_, i) => new Member(i, cells, clock, canPauseSplits)),
  };
}

test("who is more than the drift above the least is held, from the first update on", async () => {
  const { clock, members: all } = members(2);
  const [slow, fast] = all as [Member, Member];
  slow.see(1000);
  fast.see(5000);
  assert.equal(fast.alignment.hold(), false, "nobody knows of anybody yet");
  assert.equal(fast.alignment.nextUpdateMs, 1000);
  clock.advance(1000);
  fast.alignment.update();
  assert.equal(fast.alignment.hold(), false, "the other has not reported");
  slow.alignment.update();
  fast.alignment.update();
  assert.equal(fast.alignment.nextUpdateMs, 2000);
  assert.equal(fast.alignment.hold(), true);
  assert.equal(slow.alignment.hold(), false);
  assert.equal(fast.metrics.get(METRIC_ALIGNMENT_DRIFT), 3900);
  assert.equal(slow.metrics.get(METRIC_ALIGNMENT_DRIFT), -100);
  let isResumed = false;
  const resumed = fast.alignment.resumed().then(() => {
    isResumed = true;
  });
  slow.see(4899);
  slow.alignment.update();
  fast.alignment.update();
  await Promise.resolve();
  assert.equal(isResumed, false, "101 ms are too many");
  slow.see(4900);
  slow.alignment.update();
  assert.equal(fast.alignment.hold(), true, "it has not looked yet");
  fast.alignment.update();
  await resumed;
  assert.equal(fast.alignment.hold(), false);
  fast.see(5001);
  assert.equal(fast.alignment.hold(), true, "between updates, a watermark of its own is enough");
});

test("idle and ended members, and those without a watermark, are not waited for", () => {
  const { clock, members: all } = members(3);
  const [slow, fast, silent] = all as [Member, Member, Member];
  slow.see(1000);
  fast.see(5000);
  for (const { alignment } of all) alignment.update();
  fast.alignment.update();
  assert.equal(silent.group.leastMs(), 1000n);
  assert.equal(fast.alignment.hold(), true);
  slow.splits.onPeriodicEmit();
  clock.advance(IDLE_MS + 1);
  slow.splits.onPeriodicEmit();
  assert.equal(slow.emitter.isIdle, true);
  slow.alignment.update();
  fast.alignment.update();
  assert.equal(fast.alignment.hold(), false);
  slow.see(1500);
  slow.alignment.update();
  fast.alignment.update();
  assert.equal(fast.alignment.hold(), true, "active again");
  slow.alignment.leave();
  fast.alignment.update();
  assert.equal(fast.alignment.hold(), false);
  fast.alignment.leave();
  assert.equal(silent.group.leastMs(), LONG_MAX);
  silent.alignment.update();
  silent.see(7000);
  assert.equal(silent.alignment.hold(), false);
});

test("a source that is held does not go idle, however long", () => {
  const { clock, members: all } = members(2);
  const [slow, fast] = all as [Member, Member];
  slow.see(1000);
  fast.see(5000);
  fast.splits.onPeriodicEmit();
  slow.alignment.update();
  fast.alignment.update();
  for (let n = 0; n < 5; ++n) {
    clock.advance(10 * IDLE_MS);
    fast.splits.onPeriodicEmit();
    assert.equal(fast.emitter.isIdle, false);
  }
  slow.see(5000);
  slow.alignment.update();
  fast.alignment.update();
  clock.advance(IDLE_MS);
  fast.splits.onPeriodicEmit();
  assert.equal(fast.emitter.isIdle, false, "its time goes on where it stood");
  clock.advance(1);
  fast.splits.onPeriodicEmit();
  assert.equal(fast.emitter.isIdle, true);
});

test("single splits are held where the reader can leave them out; the others go on", () => {
  const { clock, members: all } = members(2, true);
  const [slow, fast] = all as [Member, Member];
  slow.see(1000);
  fast.splits.add("near");
  fast.see(5000, "far");
  fast.see(1050, "near");
  slow.alignment.update();
  fast.alignment.update();
  assert.equal(fast.alignment.hold(), false, "as a whole it is near enough");
  assert.deepEqual(fast.paused.splice(0), ["-far"]);
  for (let n = 0; n < 5; ++n) {
    clock.advance(IDLE_MS);
    fast.see(1051 + n, "near");
  }
  slow.see(1200);
  slow.alignment.update();
  fast.alignment.update();
  assert.deepEqual(fast.paused, [], "no news");
  fast.splits.onPeriodicEmit();
  assert.equal(
    fast.emitter.watermarkMs,
    1055n,
    "the held split has not gone idle: it still counts",
  );
  slow.see(4900);
  slow.alignment.update();
  fast.see(4900, "near");
  fast.alignment.update();
  assert.deepEqual(fast.paused.splice(0), ["+far"]);
  fast.see(6000, "far");
  assert.equal(fast.alignment.hold(), false);
  assert.deepEqual(fast.paused.splice(0), ["-far"]);
  const near = fast.splits.release("near");
  assert.ok(near);
  fast.splits.remove(near);
  fast.splits.onPeriodicEmit();
  assert.equal(fast.alignment.hold(), true, "the last one is held with the whole");
  assert.deepEqual(fast.paused, ["+far"]);
});

test("a drift that leads beyond 64 bits holds nobody", () => {
  const { members: all } = members(1);
  const [only] = all as [Member];
  only.emitter.emitWatermark(LONG_MAX - 1n);
  only.alignment.update();
  assert.equal(only.alignment.hold(), false);
});
