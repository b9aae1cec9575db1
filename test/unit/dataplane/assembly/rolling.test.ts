import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type {
  BatchType,
  KeySpec,
  RollingFunction,
} from "../../../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { STATUS_DONE } from "../../../../dataplane/protocol/status.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import {
  BUILDER_WITH_KEY_GROUPS,
  BUILDER_WITH_TIMESTAMPS,
} from "../../../../dataplane/protocol/view-layout.ts";
import {
  RollingAggregate,
  type RollingSpec,
} from "../../../../dataplane/worker/operators/rolling-aggregate.ts";
import { anyString, anyType, anyValue } from "../../../oracle/arbitrary-rows.ts";
import { type Row, readRows, type Value, writeRow } from "../../../oracle/column-rows.ts";
import { createMemory, tupleSchema } from "../../../oracle/kernel-memory.ts";
import { RollingOracle } from "../../../oracle/rolling.ts";
import { keyText, valueText } from "./table-harness.ts";

const SEED = 20260303;
const GROUPS = 3;
const FUNCTIONS: readonly RollingFunction[] = ["sum", "min", "max", "minBy", "maxBy"];
const NUMERIC = ["INT", "LONG", "DOUBLE", "NUMBER"] as const;
const OTHER = ["STRING", "BOOLEAN", "TIMESTAMP"] as const;
const KEY_TYPES: readonly (readonly DataType[])[] = [
  [{ kind: "LONG" }],
  [{ kind: "INT" }],
  [{ kind: "DOUBLE" }],
  [{ kind: "BOOLEAN" }],
  [{ kind: "STRING" }],
  [{ kind: "STRING" }, { kind: "INT" }],
];

interface Case {
  readonly spec: RollingSpec;
  readonly type: BatchType;
  readonly field: number;
  readonly keyColumns: readonly number[];
  readonly batches: readonly (readonly Row[])[];
  readonly outputRows: number;
  readonly outputBytes: number;
}

function specOf(options: {
  readonly function: RollingFunction;
  readonly field: number;
  readonly key: KeySpec;
  readonly first?: boolean;
  readonly finalOnly?: boolean;
}): RollingSpec {
  const base = {
    id: "r",
    name: "rolling",
    input: null,
    inputType: null,
    outputType: null,
  } as const;
  return { ...base, engine: "wasm", kind: "rolling", first: true, finalOnly: false, ...options };
}

/** A value that the aggregate takes: neither null nor one that cannot be a key, if it is one. */
function anyPresent(type: DataType, isKey: boolean): fc.Arbitrary<Value> {
  const value = type.kind === "STRING" ? anyString : anyValue(type).filter((item) => item !== null);
  return isKey ? value.filter((item) => !Number.isNaN(item)) : value;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    function: fc.constantFrom(...FUNCTIONS),
    keyTypes: fc.constantFrom(...KEY_TYPES),
    isHidden: fc.boolean(),
    numeric: fc.constantFrom(...NUMERIC),
    other: fc.constantFrom(...NUMERIC, ...OTHER),
    rest: fc.array(anyType(1), { maxLength: 3 }),
    aggregatesKey: fc.boolean(),
    first: fc.boolean(),
    finalOnly: fc.boolean(),
    outputRows: fc.integer({ min: 1, max: 12 }),
    outputBytes: fc.constantFrom(600, 1500, 1 << 16),
  })
  .chain((shape) => {
    const isHidden = shape.isHidden && shape.keyTypes.length === 1;
    const keyTypes = isHidden ? [] : shape.keyTypes;
    const aggregated: DataType = { kind: shape.function === "sum" ? shape.numeric : shape.other };
    const keyKind = keyTypes[0]?.kind;
    const canBeKey =
      NUMERIC.some((kind) => kind === keyKind) ||
      (keyKind === "STRING" && shape.function !== "sum");
    const isKey = shape.aggregatesKey && canBeKey;
    const fieldTypes = [...keyTypes, ...shape.rest, aggregated];
    const field = isKey ? 0 : fieldTypes.length - 1;
    const key = (isHidden ? shape.keyTypes[0] : null) as DataType | null;
    const keyColumns = isHidden ? [fieldTypes.length] : keyTypes.map((_, index) => index);
    const columns = key === null ? fieldTypes : [...fieldTypes, key];
    const values = columns.map((type, index) =>
      index === field || keyColumns.includes(index)
        ? anyPresent(type, keyColumns.includes(index))
        : anyValue(type),
    );
    const pools = fc.tuple(
      ...keyColumns.map((column) =>
        fc.array(values[column] as fc.Arbitrary<Value>, { minLength: 4, maxLength: 4 }),
      ),
    );
    const row = fc.record({
      values: fc.tuple(...values),
      picks: fc.tuple(...keyColumns.map(() => fc.nat({ max: 3 }))),
      timestamp: fc.option(fc.bigInt({ min: -9n, max: 9n }), { nil: null, freq: 3 }),
    });
    const batches = fc.array(fc.array(row, { maxLength: 30 }), { maxLength: 4 });
    return fc.tuple(pools, batches).map(([keys, drawn]): Case => {
      const spec: KeySpec = isHidden
        ? { kind: "key-column" }
        : { kind: "fields", fields: keyColumns };
      const { first, finalOnly, outputRows, outputBytes } = shape;
      return {
        spec: specOf({ function: shape.function, field, key: spec, first, finalOnly }),
        type: { record: { kind: "TUPLE", fields: fieldTypes }, key },
        field,
        keyColumns,
        outputRows,
        outputBytes,
        batches: drawn.map((rows) =>
          rows.map(({ values: own, picks, timestamp }) => {
            const all: Value[] = [...own];
            keyColumns.forEach((column, index) => {
              all[column] = keys[index]?.[picks[index] as number] as Value;
            });
            return { values: all, timestamp };
          }),
        ),
      };
    });
  });

function groupOf(text: string): number {
  let hash = 3;
  for (let index = 0; index < text.length; ++index) hash = (hash * 33 + text.charCodeAt(index)) | 0;
  return Math.abs(hash) % GROUPS;
}

/** An aggregate with an output of its own. */
class Driver {
  readonly aggregate: RollingAggregate;
  readonly output: BatchBuilder;
  readonly #memory: TaskMemory;
  readonly #schema: Schema;

  constructor(memory: TaskMemory, spec: RollingSpec, schema: Schema, output: BatchBuilder) {
    const keyGroups = { start: 0, end: GROUPS - 1 };
    this.#memory = memory;
    this.#schema = schema;
    this.output = output;
    this.aggregate = new RollingAggregate(memory, { spec, schema, keyGroups });
  }

  build(rows: readonly Row[], groupOfRow: (row: Row) => number): BatchBuilder {
    const flags = BUILDER_WITH_KEY_GROUPS | BUILDER_WITH_TIMESTAMPS;
    const options = { rowCapacity: rows.length + 1, byteCapacity: 1 << 22, flags };
    const batch = new BatchBuilder(this.#memory, this.#schema, options);
    rows.forEach((row, index) => {
      this.#memory.u16[(batch.keyGroupsPtr >>> 1) + index] = groupOfRow(row);
      writeRow(batch, row);
    });
    return batch;
  }

  /** Results of a batch, page by page. */
  process(batch: BatchBuilder): Row[] {
    let next = 0;
    return this.#pages(() => {
      const status = this.aggregate.process(batch, this.output, next);
      next = this.aggregate.nextRow;
      return status;
    });
  }

  finish(): Row[] {
    this.aggregate.table.rewind();
    return this.#pages(() => this.aggregate.emit(this.output));
  }

  #pages(call: () => number): Row[] {
    const rows: Row[] = [];
    for (let status = -1; status !== STATUS_DONE; ) {
      status = call();
      rows.push(...readRows(this.output));
      assert.ok(status === STATUS_DONE || this.output.rowCount > 0, "no progress");
      this.output.reset();
    }
    return rows;
  }
}

function lines(rows: Iterable<Row>): string[] {
  return [...rows].map(({ values, timestamp }) => `${values.map(valueText).join()} @${timestamp}`);
}

test("rolling aggregates agree with a map, whatever types, chunks and output sizes", () => {
  const { memory } = createMemory();
  const property = fc.property(anyCase, ({ spec, type, field, keyColumns, ...rest }) => {
    const schema = Schema.of(type);
    const outputSchema = Schema.of({ record: type.record, key: null });
    schema.descriptorPtr(memory);
    outputSchema.descriptorPtr(memory);
    const before = memory.liveBytes;
    const flags = BUILDER_WITH_TIMESTAMPS;
    const options = { rowCapacity: rest.outputRows, byteCapacity: rest.outputBytes, flags };
    const output = new BatchBuilder(memory, outputSchema, options);
    const driver = new Driver(memory, spec, schema, output);
    const keyOf = (row: Row): string => keyText(row, keyColumns);
    const fieldType = schema.fields[field]?.type as DataType;
    const oracle: RollingOracle = new RollingOracle({ ...spec, field, type: fieldType, keyOf });
    const withoutKey = (row: Row): Row => ({
      ...row,
      values: row.values.slice(0, schema.fields.length),
    });
    for (const rows of rest.batches) {
      const batch = driver.build(rows, (row) => groupOf(keyOf(row)));
      const expected = oracle.process(rows).map(withoutKey);
      assert.deepEqual(lines(driver.process(batch)), spec.finalOnly ? [] : lines(expected));
      batch.dispose();
    }
    if (spec.finalOnly) {
      const expected = [...oracle.entries.values()].map(withoutKey);
      assert.deepEqual(lines(driver.finish()).sort(), lines(expected).sort());
    }
    driver.aggregate.dispose();
    output.dispose();
    assert.equal(memory.liveBytes, before);
  });
  fc.assert(property, { seed: SEED, numRuns: 500 });
});

const BY_FIRST: KeySpec = { kind: "fields", fields: [0] };
const STRING: DataType = { kind: "STRING" };
const LONG: DataType = { kind: "LONG" };

function createDriver(memory: TaskMemory, spec: RollingSpec, schema: Schema): Driver {
  const output = new BatchBuilder(memory, schema, { flags: BUILDER_WITH_TIMESTAMPS });
  return new Driver(memory, spec, schema, output);
}

test("thousands of keys in batches that make groups grow on the way give every row its result", () => {
  const { memory } = createMemory();
  for (const name of ["sum", "max", "maxBy"] as const) {
    for (const kind of ["LONG", "STRING"] as const) {
      const spec = specOf({ function: name, field: 1, key: BY_FIRST });
      const driver = createDriver(memory, spec, tupleSchema({ kind }, LONG, STRING));
      const keyOf = (row: Row): string => keyText(row, [0]);
      const oracle: RollingOracle = new RollingOracle({ ...spec, field: 1, type: LONG, keyOf });
      for (let round = 0; round < 4; ++round) {
        const rows = Array.from({ length: 4096 }, (_, index): Row => {
          const key = (index * 2654435761 + round * 977) % 3001;
          const value = BigInt((index * 7919) % 1009) - 500n;
          const id = kind === "LONG" ? BigInt(key) : `key ${key}`;
          return { values: [id, value, `${round}/${index}`], timestamp: BigInt(index) };
        });
        const batch = driver.build(rows, (row) => groupOf(keyOf(row)));
        assert.deepEqual(lines(driver.process(batch)), lines(oracle.process(rows)));
        batch.dispose();
      }
      assert.equal(driver.aggregate.table.entryCount, 3001);
    }
  }
});

test("strings are ordered by their UTF-16 units, supplementary characters before U+E000", () => {
  const texts = [
    "",
    "a",
    "ab",
    "z",
    "é",
    "\ud7ff",
    "\ud83d",
    "\ud83d\ude00",
    "\ud83d\ude01",
    "\ud83dz",
    "\ud83e\udd16",
    "\udc00",
    "\ue000",
    "\uffff",
    "x\ud83d\ude00",
    "x\uff5e",
  ];
  const { memory } = createMemory();
  const key: Row["values"] = [1n];
  for (const a of texts) {
    for (const b of texts) {
      const driver = createDriver(
        memory,
        specOf({ function: "max", field: 1, key: BY_FIRST }),
        tupleSchema(LONG, STRING),
      );
      const rows = [a, b].map((text): Row => ({ values: [...key, text], timestamp: null }));
      const batch = driver.build(rows, () => 0);
      assert.equal(driver.process(batch)[1]?.values[1], a < b ? b : a, JSON.stringify([a, b]));
      batch.dispose();
      driver.aggregate.dispose();
      driver.output.dispose();
    }
  }
});

test("every NaN is behind all numbers, whatever its bits", () => {
  const { memory } = createMemory();
  const schema = tupleSchema(LONG, { kind: "DOUBLE" });
  for (const name of ["min", "max", "minBy", "maxBy"] as const) {
    const driver = createDriver(
      memory,
      specOf({ function: name, field: 1, key: BY_FIRST }),
      schema,
    );
    const rows = [1, Number.NaN, -1].map(
      (value): Row => ({ values: [1n, value], timestamp: null }),
    );
    const batch = driver.build(rows, () => 0);
    memory.i64[(batch.dataPtr(1) >>> 3) + 1] = -1n; // a negative NaN
    const results = driver.process(batch).map(({ values }) => values[1]);
    const isMin = name === "min" || name === "minBy";
    assert.deepEqual(results, isMin ? [1, 1, -1] : [1, Number.NaN, Number.NaN], name);
  }
});

test("an output with no room in bytes takes a row at a time", () => {
  const { memory } = createMemory();
  const schema = tupleSchema(STRING, LONG);
  const output = new BatchBuilder(memory, schema, {
    byteCapacity: 64,
    flags: BUILDER_WITH_TIMESTAMPS,
  });
  const driver = new Driver(
    memory,
    specOf({ function: "sum", field: 1, key: BY_FIRST }),
    schema,
    output,
  );
  const rows = ["a", "b", "c"].map((key): Row => ({ values: [key, 1n], timestamp: null }));
  const batch = driver.build(rows, () => 0);
  for (let row = 0; row < rows.length; ++row) {
    driver.aggregate.process(batch, output, row);
    assert.equal(output.rowCount, 1);
    output.reset();
  }
});

test("a null in the aggregated field is refused, after the results of the rows before it", () => {
  const { memory } = createMemory();
  const driver = createDriver(
    memory,
    specOf({ function: "sum", field: 1, key: BY_FIRST }),
    tupleSchema(STRING, LONG),
  );
  const values: readonly (readonly Value[])[] = [
    ["a", 1n],
    ["a", 2n],
    ["b", null],
    ["c", 3n],
  ];
  const batch = driver.build(
    values.map((row) => ({ values: row, timestamp: null })),
    () => 0,
  );
  assert.throws(
    () => driver.process(batch),
    (error) => {
      assert.ok(error instanceof EngineError && error.code === "MR_FIELD_NOT_NUMERIC");
      return error.details["actual"] === "null";
    },
  );
  assert.deepEqual(
    readRows(driver.output).map((row) => row.values),
    [
      ["a", 1n],
      ["a", 3n],
    ],
  );
  assert.equal(driver.aggregate.nextRow, 2);
  assert.equal(memory.failedRow, 2);
});

test("null and NaN keys are refused with their row", () => {
  const { memory } = createMemory();
  const cases = [
    { key: STRING, bad: null, code: "MR_KEY_NULL" },
    { key: { kind: "NUMBER" }, bad: Number.NaN, code: "MR_KEY_NAN" },
  ] as const;
  for (const { key, bad, code } of cases) {
    const driver = createDriver(
      memory,
      specOf({ function: "sum", field: 1, key: BY_FIRST }),
      tupleSchema(key, LONG),
    );
    const good = key.kind === "STRING" ? "a" : 1;
    const rows = [good, good, bad].map((value): Row => ({ values: [value, 1n], timestamp: null }));
    const batch = driver.build(rows, () => 0);
    assert.throws(
      () => driver.process(batch),
      (error) => {
        return error instanceof EngineError && error.code === code && error.details["row"] === 2;
      },
    );
  }
});

test("a batch without key groups, or with those of another subtask, is refused", () => {
  const { memory } = createMemory();
  const driver = createDriver(
    memory,
    specOf({ function: "sum", field: 1, key: BY_FIRST }),
    tupleSchema(STRING, LONG),
  );
  const row: Row = { values: ["a", 1n], timestamp: null };
  const foreign = driver.build([row], () => GROUPS);
  const bare = new BatchBuilder(memory, tupleSchema(STRING, LONG), {
    flags: BUILDER_WITH_TIMESTAMPS,
  });
  writeRow(bare, row);
  for (const batch of [foreign, bare]) {
    assert.throws(() => driver.process(batch), { code: "MR_BATCH_CORRUPT" });
  }
});

test("a key field that is aggregated too still names its key", () => {
  const { memory } = createMemory();
  const driver = createDriver(
    memory,
    specOf({ function: "sum", field: 0, key: BY_FIRST }),
    tupleSchema(LONG, LONG),
  );
  const rows = [5n, 5n, 5n, 6n].map((key): Row => ({ values: [key, 0n], timestamp: null }));
  const batch = driver.build(rows, () => 0);
  assert.deepEqual(
    driver.process(batch).map(({ values }) => values[0]),
    [5n, 10n, 15n, 6n],
  );
});
