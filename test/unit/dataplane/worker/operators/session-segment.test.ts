import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import type {
  BatchType,
  KeySpec,
  OperatorSpec,
  RollingFunction,
} from "../../../../../dataplane/protocol/deployment.ts";
import { METRIC_LATE_RECORDS_DROPPED } from "../../../../../dataplane/protocol/metrics-layout.ts";
import { STATUS_DONE } from "../../../../../dataplane/protocol/status.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_OPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../../dataplane/protocol/view-layout.ts";
import type { WindowFoldSpec } from "../../../../../dataplane/protocol/window-spec.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { Segment } from "../../../../../dataplane/worker/segment.ts";
import type { WindowCase, WindowEvent } from "../../../../window-fuzz/cases.ts";
import { expectedOutcome } from "../../../../window-fuzz/oracle.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  drive,
  type Harness,
  readRows,
  STRING,
  scalar,
  type TimedRow,
  tuple,
} from "./harness.ts";
import { AGGREGATE, compiledAggregate } from "./session-aggregate-function.ts";

const SEED = 20261126;
const SNAPSHOT_FLAGS = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS | BUILDER_WITH_OPS;
const NUMBER = scalar("NUMBER");

type Engine = "wasm" | "js";
type Folding = RollingFunction | "reduce" | "aggregate" | "aggregate in JavaScript";

const { accumulatorType, moduleOf } = await compiledAggregate();

/** How rows carry their key. */
const KEYS: Readonly<Record<string, { readonly type: BatchType; readonly key: KeySpec }>> = {
  field: {
    type: batchType(tuple(STRING, NUMBER, STRING)),
    key: { kind: "fields", fields: [0] },
  },
  fields: {
    type: batchType(tuple(STRING, NUMBER, STRING)),
    key: { kind: "fields", fields: [0, 0] },
  },
  column: {
    type: batchType(tuple(STRING, NUMBER, STRING), STRING),
    key: { kind: "key-column" },
  },
  generic: {
    type: batchType(tuple(STRING, NUMBER, STRING), { kind: "GENERIC" }),
    key: { kind: "key-column" },
  },
};

/** Key groups are those of the harness's subtask. */
const GROUPS: Readonly<Record<string, number>> = { a: 32, b: 40, "": 40, ["__proto__"]: 63 };

interface Shape {
  readonly gap: number;
  readonly allowedLateness: number;
  readonly folding: Folding;
  readonly first: boolean;
  readonly hasLateTag: boolean;
  readonly key: string;
  readonly rowCapacity: number;
}

type Row = readonly [key: string, value: number, time: number | bigint];
type Step =
  | { readonly kind: "records"; readonly rows: readonly Row[] }
  | { readonly kind: "watermark"; readonly advance: number }
  | { readonly kind: "restore" };

function functionOf(folding: Folding): unknown {
  return folding === "reduce" ? REDUCE : AGGREGATE;
}

const REDUCE = (a: readonly unknown[], b: readonly unknown[]): unknown => {
  return [a[0], (a[1] as number) * 3 + (b[1] as number), `${a[2]}+${b[2]}`];
};

function specOf(shape: Shape, engine: Engine): OperatorSpec {
  const { gap, allowedLateness, folding, first, hasLateTag } = shape;
  const { type, key } = KEYS[shape.key] as (typeof KEYS)[string];
  const outputType = batchType(type.record);
  return {
    id: "window",
    name: "window",
    kind: "window",
    engine,
    input: null,
    inputType: type,
    outputType,
    sideOutputs: hasLateTag ? [{ tag: "late", type: outputType }] : [],
    key,
    window: {
      assigner: { kind: "session", time: "event", gapMs: gap },
      trigger: { kind: "event-time" },
      evictor: null,
      allowedLatenessMs: allowedLateness,
      lateTag: hasLateTag ? "late" : null,
      fold: foldOf(folding, first),
      call: null,
    },
    ...(engine === "wasm" ? compiledPartsOf(folding) : {}),
  };
}

function foldOf(folding: Folding, first: boolean): WindowFoldSpec {
  if (folding === "reduce") return { kind: folding };
  if (folding === "aggregate" || folding === "aggregate in JavaScript") {
    return { kind: "aggregate" };
  }
  return { kind: folding, field: 1, first };
}

function compiledPartsOf(folding: Folding): object {
  if (folding === "reduce") return { module: "none", changedFields: [1, 2] };
  return folding.startsWith("aggregate") ? { module: folding, accumulatorType } : {};
}

/** A window operator of one engine. */
class Job {
  readonly late: TimedRow[] = [];
  readonly #harness: Harness;
  readonly #spec: OperatorSpec;
  readonly #rowCapacity: number;
  readonly #type: BatchType;
  segment: Segment;

  constructor(harness: Harness, spec: OperatorSpec, rowCapacity: number) {
    this.#harness = harness;
    this.#spec = spec;
    this.#rowCapacity = rowCapacity;
    this.#type = spec.inputType as BatchType;
    this.segment = this.#create();
  }

  static async open(shape: Shape, engine: Engine): Promise<Job> {
    const spec = specOf(shape, engine);
    const harness = await createHarness({ "window/fn": functionOf(shape.folding) }, [spec]);
    const job = new Job(harness, spec, shape.rowCapacity);
    await job.segment.open();
    return job;
  }

  get dropped(): number {
    return this.#harness.metrics.get(METRIC_LATE_RECORDS_DROPPED);
  }

  get liveBytes(): number {
    return this.#harness.memory.liveBytes;
  }

  async process(rows: readonly TimedRow[]): Promise<TimedRow[]> {
    const batch = buildBatch(this.#harness.memory, rows, this.#type);
    const results = await drive(this.segment, (cursor) => {
      const status = this.segment.process(batch, cursor);
      this.#takeLate();
      return status;
    });
    batch.dispose();
    return results;
  }

  watermark(ms: bigint): Promise<TimedRow[]> {
    return drive(this.segment, (cursor) => this.segment.watermark(ms, cursor));
  }

  /** @param meanwhile what happens while the snapshot is written */
  async restore(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    const old = this.segment;
    const { stateType } = old;
    if (stateType === null) throw new TypeError("it has a state");
    old.freeze(1n);
    await meanwhile();
    const pages: BatchBuilder[] = [];
    for (let status = -1; status !== STATUS_DONE; ) {
      const options = { rowCapacity: 2, flags: SNAPSHOT_FLAGS };
      const page = new BatchBuilder(this.#harness.memory, Schema.of(stateType), options);
      status = old.encodeStep(page);
      pages.push(page);
    }
    await old.close();
    this.segment = this.#create();
    await this.segment.open();
    for (const page of pages) {
      this.segment.restore(page);
      page.dispose();
    }
  }

  close(): void | Promise<void> {
    return this.segment.close();
  }

  #create(): Segment {
    const room = { outputRows: this.#rowCapacity };
    const [created] = createSegments(
      { ...this.#harness.context, moduleOf, operators: [this.#spec] },
      room,
    );
    if (created === undefined) throw new TypeError("there is no segment");
    return created.segment;
  }

  #takeLate(): void {
    const builder = this.segment.outputs[1]?.builder ?? null;
    if (builder !== null) this.late.push(...readRows(builder));
    builder?.reset();
  }
}

/** What came out, in order of time; what has the same time, by its record. */
function sorted(rows: readonly TimedRow[]): string[] {
  return rows.map(textOf).sort();
}

function textOf({ value, timestampMs }: TimedRow): string {
  return `${timestampMs} ${JSON.stringify(value)}`;
}

const keys = fc.constantFrom("a", "b", "", "__proto__");
const values = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0.1, -0, Number.NaN, 1e300),
);
const times = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: -60, max: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.tuple(keys, values, times), { minLength: 1, maxLength: 25 })
      .map((rows) => ({ kind: "records" as const, rows })),
  },
  {
    weight: 3,
    arbitrary: fc.nat({ max: 30 }).map((advance) => ({ kind: "watermark" as const, advance })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restore" as const }) },
);
const shape: fc.Arbitrary<Shape> = fc.record({
  gap: fc.integer({ min: 1, max: 15 }),
  allowedLateness: fc.constantFrom(0, 0, 5, 40),
  folding: fc.constantFrom<Folding>(
    "sum",
    "min",
    "max",
    "minBy",
    "maxBy",
    "reduce",
    "aggregate",
    "aggregate in JavaScript",
  ),
  first: fc.boolean(),
  hasLateTag: fc.boolean(),
  key: fc.constantFrom(...Object.keys(KEYS)),
  rowCapacity: fc.integer({ min: 1, max: 3 }),
});

let noted = 0;

function rowOf(key: string, value: number, timestampMs: number | bigint): TimedRow {
  noted += 1;
  return { value: [key, value, `#${noted}`], timestampMs, key, keyGroup: GROUPS[key] ?? 32 };
}

test("sessions of random streams are those in JavaScript, also after restores", async () => {
  const run = async (options: Shape, steps: readonly Step[]): Promise<void> => {
    const jobs = [await Job.open(options, "wasm"), await Job.open(options, "js")] as const;
    const both = async (call: (job: Job) => Promise<TimedRow[]>): Promise<void> => {
      const [actual, expected] = [await call(jobs[0]), await call(jobs[1])];
      assert.deepEqual(sorted(actual), sorted(expected));
    };
    let watermark = -70n;
    for (const next of [...steps, { kind: "watermark", advance: 10 ** 7 } as const]) {
      if (next.kind === "restore") {
        for (const job of jobs) await job.restore();
      } else if (next.kind === "watermark") {
        watermark += BigInt(next.advance);
        await both(async (job) => {
          const fired = await job.watermark(watermark);
          const ends = fired.map(({ timestampMs }) => Number(timestampMs));
          assert.deepEqual(
            ends,
            ends.toSorted((a, b) => a - b),
          );
          return fired;
        });
      } else {
        const rows = next.rows.map((row) => rowOf(...row));
        await both((job) => job.process(rows));
      }
    }
    assert.deepEqual(jobs[0].late.map(textOf), jobs[1].late.map(textOf));
    assert.equal(jobs[0].dropped, jobs[1].dropped);
    for (const job of jobs) await job.close();
  };
  await fc.assert(fc.asyncProperty(shape, fc.array(step, { maxLength: 12 }), run), {
    seed: SEED,
    numRuns: 150,
  });
});

const BASES = [0n, -40n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 10_000n, -(2n ** 63n) + 10_000n];
const event = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(keys, fc.integer({ min: -120, max: 120 })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 }) },
);

test("sessions are connected components, whatever time it is", async () => {
  const run = async (
    gap: number,
    lateness: number,
    base: bigint,
    events: readonly (readonly [string, number] | number)[],
  ): Promise<void> => {
    let watermark = base - 120n;
    const stream = events.map((each, value): WindowEvent => {
      if (typeof each !== "number") {
        return { kind: "record", key: each[0], time: base + BigInt(each[1]), value };
      }
      watermark += BigInt(each);
      return { kind: "watermark", time: watermark };
    });
    const windows = { kind: "session", gap } as const;
    const all: WindowCase = {
      windows,
      lateness,
      folding: "reduce",
      hasLateTag: false,
      events: stream,
    };
    const expected = expectedOutcome(all);
    const job = await Job.open(
      {
        gap,
        allowedLateness: lateness,
        folding: "sum",
        first: true,
        hasLateTag: false,
        key: "field",
        rowCapacity: 2,
      },
      "wasm",
    );
    const fired: string[] = [];
    const end: WindowEvent = { kind: "watermark", time: 2n ** 63n - 1n };
    for (const [at, one] of [...stream, end].entries()) {
      const isRecord = one.kind === "record";
      const results = isRecord
        ? await job.process([rowOf(one.key, 2 ** one.value, one.time)])
        : await job.watermark(one.time);
      for (const { value, timestampMs } of results) {
        const [key, sum] = value as [string, number];
        fired.push([at, key, timestampMs, sum].join(" "));
      }
    }
    const sums = expected.firings.map(({ at, key, end: last, values: inside }) => {
      return [at, key, last - 1n, inside.reduce((sum, value) => sum + 2 ** value, 0)].join(" ");
    });
    assert.deepEqual(fired.toSorted(), sums.toSorted());
    assert.equal(job.dropped, expected.late.length);
    await job.close();
  };
  const gaps = fc.integer({ min: 1, max: 20 });
  const latenesses = fc.constantFrom(0, 0, 7, 50);
  const streams = fc.array(event, { maxLength: 40 });
  await fc.assert(fc.asyncProperty(gaps, latenesses, fc.constantFrom(...BASES), streams, run), {
    seed: SEED,
    numRuns: 150,
  });
});

const SUMS: Shape = {
  gap: 10,
  allowedLateness: 0,
  folding: "sum",
  first: true,
  hasLateTag: false,
  key: "field",
  rowCapacity: 8192,
};

test("keys that came once do not stay", async () => {
  const job = await Job.open(SUMS, "wasm");
  const cycle = async (from: number): Promise<void> => {
    for (let time = from; time < from + 120_000; time += 5000) {
      const rows = Array.from({ length: 5000 }, (_, index) =>
        rowOf(`key ${time + index}`, 1, time + index),
      );
      await job.process(rows);
      assert.ok((await job.watermark(BigInt(time + 4990))).length > 0);
    }
  };
  await cycle(0);
  const bytes = job.liveBytes;
  await cycle(120_000);
  assert.ok(job.liveBytes < 1.1 * bytes, `${job.liveBytes} of ${bytes} bytes`);
  assert.ok(bytes < 8 * 2 ** 20, `${bytes} bytes`);
  await job.watermark(10n ** 9n);
  assert.ok(job.liveBytes < 0.7 * bytes, `${job.liveBytes} bytes without any session`);
  await job.close();
  assert.ok(job.liveBytes < 2 ** 16, `${job.liveBytes} bytes after close()`);
});

test("a snapshot holds the sessions of the time it was begun", async () => {
  const job = await Job.open({ ...SUMS, key: "column" }, "wasm");
  const rows = Array.from({ length: 5000 }, (_, index) =>
    rowOf(`${index % 2500}`, 1, (index >> 12) * 30),
  );
  await job.process(rows);
  await job.restore(async () => {
    await job.process([rowOf("1", 100, 5)]);
    assert.equal((await job.watermark(1000n)).length, 3404);
  });
  const sums = await job.watermark(1000n);
  assert.equal(sums.length, 2500 + 904);
  assert.equal(
    sums.reduce((sum, { value }) => sum + (value as readonly [string, number])[1], 0),
    5000,
  );
  await job.close();
});

test("sessions that are over by 64-bit arithmetic once they merge are refused, as in Flink", async () => {
  const job = await Job.open({ ...SUMS, allowedLateness: 5000 }, "wasm");
  const time = 2n ** 63n - 1000n;
  await job.watermark(0n);
  await job.process([rowOf("a", 1, time)]);
  await job.process([rowOf("a", 1, time)]);
  await assert.rejects(job.process([rowOf("a", 1, time + 5n)]), { code: "MR_WINDOW_MERGE" });
  await job.close();
});

test("rows without a time, a key or a number are refused", async () => {
  const job = await Job.open(SUMS, "wasm");
  const timeless = { value: ["a", 1, "x"], timestampMs: null };
  await assert.rejects(job.process([timeless]), { code: "MR_RECORD_NO_TIMESTAMP" });
  const keyless = { value: [null, 1, "x"], timestampMs: 1 };
  await assert.rejects(job.process([rowOf("a", 1, 1), keyless]), { code: "MR_KEY_NULL" });
  const nothing = { value: ["a", null, "x"], timestampMs: 1 };
  await assert.rejects(job.process([rowOf("a", 1, 1), nothing]), { code: "MR_FIELD_NOT_NUMERIC" });
  await job.watermark(100n);
  // Nobody adds the value of a late one.
  await job.process([nothing]);
  assert.equal(job.dropped, 1);
  await job.close();
});
