/** Jobs that go on from a checkpoint of a job that was another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DataStream,
  type StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  Types,
  WatermarkStrategy,
} from "../../control/index.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { planJob, runJob } from "./suspended-job.ts";

const ROWS = 40_000;
const KEYS = 7;
type Row = { readonly id: number; readonly total: number; readonly note?: string };
type Fields = Readonly<Record<string, (typeof Types)["LONG"] | (typeof Types)["STRING"]>>;

let onRow: () => void = () => undefined;

/** What the program makes of a row number. */
const MAKERS: Readonly<Record<string, (index: number) => unknown>> = {
  id: (index) => index % KEYS,
  total: () => 1,
  note: (index) => `note ${index}`,
  place: () => "here",
};

function rows(env: StreamExecutionEnvironment, fields: Fields): DataStream<Row> {
  return env
    .fromSequence(0, ROWS - 1)
    .map((index) => {
      onRow();
      const value: Record<string, unknown> = {};
      for (const name of Object.keys(fields)) value[name] = MAKERS[name]?.(Number(index));
      return value as Row;
    })
    .engine("js")
    .returns(Types.ROW(fields)) as unknown as DataStream<Row>;
}

type Define = (stream: DataStream<Row>) => DataStream<Row>;

/** Counts keys up to some row, then goes on with rows of other fields. @returns the largest totals */
async function change(
  engine: "auto" | "js",
  from: Fields,
  to: Fields,
  define: Define,
): Promise<ReadonlyMap<unknown, Row>> {
  const last = new Map<unknown, Row>();
  const sink = (row: Row): void => void last.set(row.id, row);
  const jobOf = (fields: Fields) =>
    planJob((env) => void define(rows(env, fields)).addSink(sink), { engine, parallelism: 1 });
  const checkpoint = await runJob(await jobOf(from), null, (suspend) => {
    let left = ROWS / 2;
    onRow = () => {
      left -= 1;
      if (left === 0) setImmediate(suspend);
    };
  });
  onRow = () => undefined;
  assert.ok(checkpoint !== null, "the job was suspended");
  assert.equal(await runJob(await jobOf(to), checkpoint, () => undefined), null);
  return last;
}

const BASE = { id: Types.LONG, total: Types.LONG, note: Types.STRING };
const sums: Define = (stream) => stream.keyBy("id").sum("total").uid("sums") as DataStream<Row>;
const folds: Define = (stream) =>
  stream
    .keyBy("id")
    // biome-ignore lint/performance/noAccumulatingSpread: rows do not grow
    .reduce((a, b) => ({ ...a, total: a.total + b.total }))
    .uid("folds") as DataStream<Row>;

/** One window, which fires at the end. */
const windows: Define = (stream) =>
  stream
    .assignTimestampsAndWatermarks(
      WatermarkStrategy.forMonotonousTimestamps<Row>().withTimestampAssigner(() => 5),
    )
    .keyBy("id")
    .window(TumblingEventTimeWindows.of(1000))
    .sum("total")
    .uid("windows") as DataStream<Row>;

for (const [name, define] of Object.entries({ sums, folds, windows })) {
  // JavaScript keeps state of windows as values without a type.
  for (const engine of name === "windows" ? (["auto"] as const) : (["auto", "js"] as const)) {
    test(`rows of ${name} (${engine}) may have lost fields and got others, which are null`, async () => {
      const changed = { place: Types.STRING, total: Types.LONG, id: Types.LONG };
      const last = await change(engine, BASE, changed, define);
      assert.equal(last.size, KEYS);
      for (let id = 0; id < KEYS; ++id) {
        const total = Math.ceil((ROWS - id) / KEYS);
        // Other fields are those of the first record.
        assert.deepEqual(last.get(id), { place: null, total, id });
      }
    });

    test(`a field of ${name} (${engine}) that is of another type is refused with both types`, async () => {
      const changed = { ...BASE, note: Types.LONG };
      await assert.rejects(change(engine, BASE, changed, define), (error) => {
        assert.ok(error instanceof EngineError);
        assert.equal(error.code, "MR_CHECKPOINT_UNSUITABLE");
        assert.match(error.message, /note: STRING.*note: LONG/);
        return true;
      });
    });
  }
}
