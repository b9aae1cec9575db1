/** Interval joins of random streams against a plain list of what waits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Collector,
  OutputTag,
  type ProcessJoinContext,
  ProcessJoinFunction,
} from "../../../../../control/index.ts";
import { BATCH_ROW_COUNT } from "../../../../../dataplane/protocol/batch-layout.ts";
import type { BatchType, OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import type { StreamElement } from "../../../../conformance/operator.ts";
import { SegmentOperator } from "../../../../conformance/segment-operator.ts";
import { rejectsCode } from "../../../control/throws-code.ts";

type Row = readonly [key: string, value: number];

const ROWS: BatchType = {
  record: { kind: "TUPLE", fields: [{ kind: "STRING" }, { kind: "INT" }] },
  key: null,
};
const TEXT: BatchType = { record: { kind: "STRING" }, key: null };
const PAIRS = new OutputTag<string>("pairs");

class Pairs extends ProcessJoinFunction<Row, Row, string> {
  processElement(
    [key, left]: Row,
    [, right]: Row,
    ctx: ProcessJoinContext,
    out: Collector<string>,
  ): void {
    const text = `${key} ${left}@${ctx.getLeftTimestamp()} ${right}@${ctx.getRightTimestamp()}`;
    out.collect(text);
    ctx.output(PAIRS, text);
  }
}

interface Bounds {
  readonly lowerMs: number;
  readonly upperMs: number;
}

function joinOf(bounds: Bounds): SegmentOperator {
  const key = { kind: "fields", fields: [0] } as const;
  const spec: OperatorSpec = {
    id: "join",
    name: "Interval Join",
    kind: "intervalJoin",
    engine: "js",
    input: null,
    inputType: ROWS,
    outputType: TEXT,
    inputs: [
      { type: ROWS, key },
      { type: ROWS, key },
    ],
    ...bounds,
    leftLateTag: "left",
    rightLateTag: null,
    sideOutputs: [
      { tag: "left", type: ROWS },
      { tag: "pairs", type: TEXT },
    ],
  };
  const subtask = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
  return new SegmentOperator({ spec, createFunction: () => new Pairs(), ...subtask });
}

interface Waiting {
  readonly which: number;
  readonly row: Row;
  readonly time: number;
}

/** What Flink's IntervalJoinOperator keeps, without keys, buffers by time or timers. */
class Oracle {
  readonly #bounds: Bounds;
  #waiting: Waiting[] = [];
  #watermark: number | null = null;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /** Pairs that the record makes; null = it is late. */
  record(which: number, row: Row, time: number): string[] | null {
    if (this.#watermark !== null && time < this.#watermark) return null;
    const one: Waiting = { which, row, time };
    const pairs = this.#waiting.flatMap((other) => {
      if (other.which === which || other.row[0] !== row[0]) return [];
      const [left, right] = which === 0 ? [one, other] : [other, one];
      const distance = right.time - left.time;
      if (distance < this.#bounds.lowerMs || distance > this.#bounds.upperMs) return [];
      return [`${row[0]} ${left.row[1]}@${left.time} ${right.row[1]}@${right.time}`];
    });
    this.#waiting.push(one);
    return pairs;
  }

  watermark(time: number): void {
    this.#watermark = time;
    const { lowerMs, upperMs } = this.#bounds;
    this.#waiting = this.#waiting.filter((one) => {
      const reach = one.which === 0 ? upperMs : -lowerMs;
      return one.time + Math.max(reach, 0) > time;
    });
  }
}

const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("record" as const),
      which: fc.nat(1),
      key: fc.constantFrom("a", "b", "__proto__"),
      time: fc.integer({ min: -20, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("watermark" as const), step: fc.nat(8) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const) }) },
);
const bounds = fc
  .tuple(fc.integer({ min: -8, max: 8 }), fc.nat(10))
  .map(([lowerMs, width]): Bounds => ({ lowerMs, upperMs: lowerMs + width }));

function texts(elements: readonly StreamElement[]): string[] {
  return elements
    .flatMap((element) => (element.kind === "record" ? [String(element.value)] : []))
    .sort();
}

test("pairs, late records and what waits are those of the definition, across snapshots", async () => {
  await fc.assert(
    fc.asyncProperty(bounds, fc.array(event, { maxLength: 40 }), async (limits, events) => {
      const oracle = new Oracle(limits);
      let join = joinOf(limits);
      let watermark = -25;
      await join.open();
      try {
        for (const [index, next] of events.entries()) {
          if (next.kind === "restore") {
            join = await join.snapshotAndRestore();
            // A restored operator has seen no watermark; tell it the same one.
            await join.process({ kind: "watermark", timestamp: BigInt(watermark) });
            oracle.watermark(watermark);
          } else if (next.kind === "watermark") {
            watermark += next.step;
            await join.process({ kind: "watermark", timestamp: BigInt(watermark) });
            oracle.watermark(watermark);
          } else {
            await compareRecord(join, oracle, next, index);
          }
        }
        const end = { kind: "watermark", timestamp: 2n ** 63n - 1n } as const;
        await join.process(end);
        assert.equal(snapshotRows(join), 0, "nothing waits at the end");
      } finally {
        await join.close();
      }
    }),
    { seed: 12, numRuns: 60 },
  );
});

async function compareRecord(
  join: SegmentOperator,
  oracle: Oracle,
  { which, key, time }: { readonly which: number; readonly key: string; readonly time: number },
  value: number,
): Promise<void> {
  const expected = oracle.record(which, [key, value], time);
  const row = { kind: "record", value: [key, value], timestamp: BigInt(time) } as const;
  const elements = await join.process(row, which);
  const pairs = [...(expected ?? [])].sort();
  assert.deepEqual(texts(elements), pairs);
  for (const element of elements) {
    assert.ok(element.kind === "record");
    const times = [...String(element.value).matchAll(/@(-?\d+)/g)].map(([, text]) => Number(text));
    assert.equal(element.timestamp, BigInt(Math.max(...times)));
  }
  const sides = join.takeSideOutputs();
  assert.deepEqual(texts(sides.flatMap(({ tag, element }) => (tag === "pairs" ? element : []))), [
    ...pairs,
  ]);
  const late = sides.filter(({ tag }) => tag === "left").map(({ element }) => element);
  assert.deepEqual(late, expected === null && which === 0 ? [row] : []);
}

/** Rows of all that is kept. */
function snapshotRows(join: SegmentOperator): number {
  return join.snapshot().batches.reduce((rows, batch) => {
    const header = new DataView(batch.buffer, batch.byteOffset);
    return rows + header.getUint32(BATCH_ROW_COUNT, true);
  }, 0);
}

test("a record without a time fails the job with Flink's reason", async () => {
  const join = joinOf({ lowerMs: 0, upperMs: 0 });
  await join.open();
  try {
    const process = join.process({ kind: "record", value: ["a", 1], timestamp: null }, 0);
    const error = await rejectsCode("MR_JOIN_NO_TIMESTAMP", process);
    assert.match(error.message, /need to have timestamps meaningful timestamps/);
  } finally {
    await join.close();
  }
});

test("bounds reach beyond the ends of time as Java's arithmetic does", async () => {
  const join = joinOf({ lowerMs: -10, upperMs: 10 });
  await join.open();
  try {
    const end = 2n ** 63n - 1n;
    await join.process({ kind: "record", value: ["a", 1], timestamp: end - 3n }, 0);
    const elements = await join.process(
      { kind: "record", value: ["a", 2], timestamp: end - 12n },
      1,
    );
    // end - 12 + 10 is within 64 bits, end - 3 + 10 is not.
    assert.equal(elements.length, 1);
    assert.deepEqual(
      await join.process({ kind: "record", value: ["a", 3], timestamp: end - 3n }, 0),
      [],
    );
  } finally {
    await join.close();
  }
});
