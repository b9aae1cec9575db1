import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { EngineError } from "../../../../../dataplane/protocol/errors.ts";
import { LONG_MIN } from "../../../../../dataplane/protocol/long.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../../../../dataplane/protocol/view-layout.ts";
import { UserFunction } from "../../../../../dataplane/worker/operators/user-function.ts";
import { TimestampAssigner } from "../../../../../dataplane/worker/watermarks/timestamp-assigner.ts";
import { compileModule } from "../operators/compiled-modules.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  NUMBER,
  readRows,
  type TimedRow,
} from "../operators/harness.ts";

const EVENT: DataType = {
  kind: "ROW",
  fields: [
    { name: "id", type: { kind: "STRING" } },
    { name: "at", type: { kind: "LONG" } },
    { name: "offset", type: NUMBER },
  ],
};

interface Event {
  readonly id: string;
  readonly at: number | bigint;
  readonly offset: number;
}

const OWNER = { operatorName: "times", subtaskIndex: 1 };

async function open(fn: (event: Event, given: number) => number, isCompiled: boolean) {
  const { context, memory } = await createHarness();
  const analysis = analyze({
    fn,
    role: "timestamp",
    inputType: EVENT,
    declaredOutput: { kind: "LONG" },
  });
  if (!analysis.ok) throw new Error(analysis.reason);
  const module = await compileModule(
    fusedModule([{ about: "timestamp", program: analysis.program }]),
  );
  if (isCompiled) module.deliver();
  const assigner = new TimestampAssigner({
    fn: new UserFunction(OWNER, fn, "extractTimestamp"),
    moduleId: "times",
    missingTime: null,
    context: { ...context, moduleOf: module.moduleOf },
  });
  /** Rows 0 to `from` keep their times. */
  const assign = (rows: readonly TimedRow[], from: number) => {
    const source = buildBatch(memory, rows, batchType(EVENT));
    const flags = BUILDER_WITH_TIMESTAMPS;
    const batch = new BatchBuilder(memory, source.schema, { flags });
    batch.appendRows(source, 0, rows.length);
    const latest = assigner.assign(batch, from);
    const times = readRows(batch).map(({ timestampMs }) => timestampMs);
    source.dispose();
    batch.dispose();
    return { latest, times };
  };
  return { assign, dispose: () => assigner.dispose() };
}

function isInvalid(error: unknown): boolean {
  return error instanceof EngineError && error.code === "MR_TIMESTAMP_INVALID";
}

function rowsOf(events: readonly Event[]): TimedRow[] {
  return events.map((value, index) => ({ value, timestampMs: index % 3 === 0 ? null : index }));
}

/** Whole numbers, some of which a compiled function gives up. */
const at = fc.oneof(fc.integer(), fc.constantFrom(2n ** 62n, -(2n ** 60n), 2 ** 53 - 1));
const events = fc.array(fc.record({ id: fc.string(), at, offset: fc.integer() }), {
  maxLength: 60,
});

test("a compiled function gives the times that JavaScript gives", async () => {
  const column = (event: Event): number => event.at as number;
  const sum = (event: Event): number => Number(event.at) + event.offset;
  for (const fn of [column, sum]) {
    const compiled = await open(fn, true);
    const plain = await open(fn, false);
    fc.assert(
      fc.property(events, fc.nat(60), (list, before) => {
        const rows = rowsOf(list);
        const from = Math.min(before, rows.length);
        assert.deepEqual(compiled.assign(rows, from), plain.assign(rows, from));
      }),
      { seed: 7, numRuns: 200 },
    );
    compiled.dispose();
    plain.dispose();
  }
});

test("the times are those of the function, and the latest is answered", async () => {
  const { assign } = await open((event) => Number(event.at) + event.offset, true);
  const list = [5, -3, 9, 4].map((time) => ({ id: "a", at: time, offset: 0.0 }));
  assert.deepEqual(assign(rowsOf(list), 1), { latest: 9n, times: [null, -3, 9, 4] });
  assert.deepEqual(assign([], 0), { latest: LONG_MIN, times: [] });
});

test("a time that is not whole is an error, compiled or not", async () => {
  for (const isCompiled of [true, false]) {
    const { assign } = await open((event) => event.offset, isCompiled);
    const list = [{ id: "a", at: 1, offset: 0.5 }];
    assert.throws(() => assign(rowsOf(list), 0), isInvalid);
  }
});
