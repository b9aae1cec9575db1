import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Generator,
  type GeneratorOutput,
  IdlenessGenerator,
  MaxTimestampGenerator,
} from "../../../../../dataplane/worker/watermarks/generators.ts";
import { SplitWatermarks } from "../../../../../dataplane/worker/watermarks/split-watermarks.ts";

class Log implements GeneratorOutput {
  readonly said: string[] = [];

  /** What was said since the last call. */
  take(): string[] {
    return this.said.splice(0);
  }

  emitWatermark(watermarkMs: bigint): void {
    if (watermarkMs > -(2n ** 63n)) this.said.push(String(watermarkMs));
  }

  markIdle(): void {
    this.said.push("idle");
  }

  markActive(): void {
    this.said.push("active");
  }
}

/** Says at each record what the record says. */
class Echo implements Generator {
  readonly onEvents = null;

  onEvent(record: unknown, timestampMs: number | bigint, output: GeneratorOutput): void {
    if (record === "idle") output.markIdle();
    else if (record === "active") output.markActive();
    else output.emitWatermark(BigInt(timestampMs));
  }

  onPeriodicEmit(): void {}
}

type Split = ReturnType<SplitWatermarks["add"]>;

function see(split: Split, timestampMs: number, record: unknown = "row"): void {
  split.generator.onEvent(record, timestampMs, split.output);
}

test("the smallest watermark of the splits counts, and only periodically where generators are", () => {
  const log = new Log();
  const splits = new SplitWatermarks(() => new MaxTimestampGenerator(1), log);
  const [a, b] = [splits.add("a"), splits.add("b")];
  see(a, 100);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), [], "b has none yet");
  see(b, 50);
  assert.deepEqual(log.take(), []);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), ["49"]);
  see(b, 500);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), ["99"]);
});

test("a split that ends leaves the minimum at the next emission", () => {
  const log = new Log();
  const splits = new SplitWatermarks(() => new MaxTimestampGenerator(1), log);
  const [a, b] = [splits.add("a"), splits.add("b")];
  see(a, 100);
  see(b, 50);
  const leaving = splits.release("b");
  assert.notEqual(leaving, null);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), ["49"], "records of it may wait");
  splits.remove(leaving as Split);
  assert.deepEqual(log.take(), []);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), ["99"]);
  splits.add("c");
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), [], "the new one holds it");
});

test("punctuated watermarks count at once, idle splits not at all", () => {
  const log = new Log();
  const splits = new SplitWatermarks(() => new Echo(), log);
  const [a, b] = [splits.add("a"), splits.add("b")];
  see(a, 100);
  see(b, 50);
  assert.deepEqual(log.take(), ["50"]);
  see(b, 0, "idle");
  assert.deepEqual(log.take(), ["100"]);
  see(a, 0, "idle");
  assert.deepEqual(log.take(), ["idle"]);
  see(b, 70);
  assert.deepEqual(log.take(), ["70"], "what does not grow is for the emitter to leave out");
  see(b, 0, "idle");
  see(b, 0, "active");
  assert.deepEqual(log.take(), ["idle", "70"]);
});

test("a reader without splits is one split, which its records make count beside others too", () => {
  const log = new Log();
  const splits = new SplitWatermarks(() => new MaxTimestampGenerator(1), log);
  see(splits.main, 30);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), ["29"]);
  splits.main.hasRecords = true;
  see(splits.add("a"), 100);
  splits.onPeriodicEmit();
  assert.deepEqual(log.take(), ["29"]);
});

test("a reader that has no split goes idle, and so does one whose splits are silent", () => {
  const log = new Log();
  let nowMs = 0;
  const splits = new SplitWatermarks(
    () => new IdlenessGenerator(new MaxTimestampGenerator(1), 100, () => nowMs),
    log,
  );
  const lookAt = (ms: number): string[] => {
    nowMs = ms;
    splits.onPeriodicEmit();
    return log.take();
  };
  assert.deepEqual(lookAt(0), []);
  assert.deepEqual(lookAt(101), ["idle"]);
  const a = splits.add("a");
  see(a, 10);
  assert.deepEqual(lookAt(200), ["9"]);
  const b = splits.add("b");
  assert.deepEqual(lookAt(300), [], "b holds it, and has been silent for 0 ms");
  see(a, 20);
  assert.deepEqual(lookAt(401), ["19"], "b is idle");
  assert.deepEqual(lookAt(500), ["19"]);
  assert.deepEqual(lookAt(601), ["idle"]);
  see(b, 5);
  assert.deepEqual(lookAt(602), ["4"]);
});
