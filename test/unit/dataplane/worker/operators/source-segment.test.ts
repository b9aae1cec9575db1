import assert from "node:assert/strict";
import { test } from "node:test";

import type {
  PollResult,
  ReaderContext,
  Source,
  SourceOutput,
  SourceReader,
} from "../../../../../dataplane/connectors/source.ts";
import type { OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { METRIC_MALFORMED } from "../../../../../dataplane/protocol/metrics-layout.ts";
import {
  STATUS_DONE,
  STATUS_NEED_HOST,
  STATUS_OUTPUT_FULL,
} from "../../../../../dataplane/protocol/status.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { SourceSegment } from "../../../../../dataplane/worker/segment.ts";
import { createHarness, type Harness, INT, readRows, type TimedRow } from "./harness.ts";

type Poll = (output: SourceOutput<unknown>) => PollResult;

class ScriptedSource implements Source<unknown> {
  readonly boundedness = "BOUNDED";
  readonly description = "scripted";
  readonly producedType: DataType | null;
  readonly log: string[] = [];
  context: ReaderContext | null = null;
  readonly #polls: Poll[];

  constructor(producedType: DataType | null, polls: readonly Poll[]) {
    this.producedType = producedType;
    this.#polls = [...polls];
  }

  createEnumerator(): never {
    throw new TypeError("not here");
  }

  createReader(context: ReaderContext): SourceReader<unknown> {
    this.context = context;
    return {
      start: () => {
        this.log.push("start");
      },
      pollNext: (output) => this.#polls.shift()?.(output) ?? "end",
      isAvailable: () => Promise.resolve(),
      addSplits: (splits) => {
        this.log.push(`splits ${splits.join(" ")}`);
      },
      notifyNoMoreSplits: () => {
        this.log.push("no more splits");
      },
      snapshotState: () => ["position"],
      close: () => {
        this.log.push("close");
      },
    };
  }
}

async function openSource(
  harness: Harness,
  source: ScriptedSource,
  outputRows = 3,
): Promise<SourceSegment> {
  const type = source.producedType;
  const spec: OperatorSpec = {
    kind: "source",
    id: "src",
    name: "my source",
    input: null,
    inputType: null,
    outputType: type === null ? null : { record: type, key: null },
    engine: "js",
  };
  const context = { ...harness.context, operators: [spec], functionOf: () => source };
  const segment = createSegments(context, { outputRows })[0]?.segment as SourceSegment;
  await segment.open();
  return segment;
}

/** Statuses of the polls until the end, and all rows. */
function pollAll(segment: SourceSegment): {
  readonly statuses: number[];
  readonly rows: TimedRow[];
} {
  const statuses: number[] = [];
  const rows: TimedRow[] = [];
  while (statuses.at(-1) !== STATUS_DONE) {
    assert.ok(statuses.length < 100, "no progress");
    statuses.push(segment.poll());
    const builder = segment.outputs[0]?.builder ?? null;
    if (builder === null) continue;
    rows.push(...readRows(builder));
    builder.reset();
  }
  return { statuses, rows };
}

test("poll() says full, nothing and end as the reader does, and rows keep their time", async () => {
  const source = new ScriptedSource(INT, [
    (output) => {
      output.collect(1, 100);
      return "more";
    },
    () => "nothing",
    (output) => {
      output.collect(2);
      return "end";
    },
  ]);
  const segment = await openSource(await createHarness(), source);
  const { statuses, rows } = pollAll(segment);
  assert.deepEqual(statuses, [STATUS_OUTPUT_FULL, STATUS_NEED_HOST, STATUS_DONE]);
  assert.deepEqual(rows, [
    { value: 1, timestampMs: 100 },
    { value: 2, timestampMs: null },
  ]);
});

test("a reader that ignores isFull loses nothing, also with its last rows", async () => {
  const emit =
    (from: number, count: number, result: PollResult): Poll =>
    (output) => {
      for (let n = from; n < from + count; ++n) output.collect(n);
      return result;
    };
  const source = new ScriptedSource(INT, [emit(0, 8, "nothing"), emit(8, 7, "end")]);
  const segment = await openSource(await createHarness(), source);
  const { rows } = pollAll(segment);
  assert.deepEqual(
    rows.map(({ value }) => value),
    Array.from({ length: 15 }, (_, n) => n),
  );
});

test("a source typed at run time widens, also with its last record", async () => {
  const source = new ScriptedSource(null, [
    (output) => {
      output.collect({ a: 1 });
      output.collect({ a: "text", b: 1 });
      return "end";
    },
  ]);
  const segment = await openSource(await createHarness(), source);
  assert.equal(segment.outputs[0]?.builder, null);
  assert.deepEqual(
    pollAll(segment).rows.map(({ value }) => value),
    [{ a: 1 }, { a: "text", b: 1 }],
  );
});

test("rows written into the columns and records collected come in the order they were written", async () => {
  const column =
    (value: number): ((output: SourceOutput<unknown>) => void) =>
    (output) => {
      const { builder } = output;
      builder.memory.i32[(builder.dataPtr(0) >>> 2) + builder.rowCount] = value;
      builder.commitRow();
    };
  const source = new ScriptedSource(INT, [
    (output) => {
      output.collect(1);
      column(2)(output);
      output.collect(3);
      assert.equal(output.isFull, true);
      return "more";
    },
    (output) => {
      column(4)(output);
      assert.equal(output.isFull, false);
      column(5)(output);
      column(6)(output);
      assert.equal(output.isFull, true);
      return "end";
    },
  ]);
  const segment = await openSource(await createHarness(), source);
  assert.deepEqual(
    pollAll(segment).rows.map(({ value }) => value),
    [1, 2, 3, 4, 5, 6],
  );
});

test("a source without a type has no builder to hand out", async () => {
  const source = new ScriptedSource(null, [(output) => (output.builder === null ? "end" : "more")]);
  const segment = await openSource(await createHarness(), source);
  assert.throws(() => segment.poll(), TypeError);
});

test("null is no record", async () => {
  const source = new ScriptedSource(null, [
    (output) => {
      output.collect(null);
      return "end";
    },
  ]);
  const segment = await openSource(await createHarness(), source);
  assert.throws(() => segment.poll(), {
    code: "MR_RECORD_NULL",
    details: { operator: "my source", value: "null" },
  });
});

test("splits, malformed input and the life of the reader pass through", async () => {
  const harness = await createHarness();
  const source = new ScriptedSource(INT, []);
  const segment = await openSource(harness, source);
  segment.addSplits(["x", "y"]);
  segment.notifyNoMoreSplits();
  source.context?.countMalformed(3);
  assert.equal(harness.metrics.get(METRIC_MALFORMED), 3);
  assert.equal(source.context?.operatorName, "my source");
  await segment.close();
  assert.deepEqual(source.log, ["start", "splits x y", "no more splits", "close"]);
});
