import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import type { KeySpec } from "../../../../dataplane/protocol/deployment.ts";
import {
  STATUS_BAD_BATCH,
  STATUS_DONE,
  STATUS_NAN_KEY,
  STATUS_NULL_KEY,
  STATUS_OUT_OF_MEMORY,
  STATUS_TABLE_FROZEN,
} from "../../../../dataplane/protocol/status.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { anyString, anyType, anyValue } from "../../../oracle/arbitrary-rows.ts";
import type { Value } from "../../../oracle/column-rows.ts";
import { createMemory, tupleSchema } from "../../../oracle/kernel-memory.ts";
import { keyText, preallocate, type StateRow, TableHarness, TableModel } from "./table-harness.ts";

const SEED = 20260301;
const GROUPS = 5;
const FIRST_GROUP = 7;
const KEYS = 40;

const STRING: DataType = { kind: "STRING" };
const LONG: DataType = { kind: "LONG" };
const DOUBLE: DataType = { kind: "DOUBLE" };
const INT: DataType = { kind: "INT" };
const BOOLEAN: DataType = { kind: "BOOLEAN" };
const BYTES: DataType = { kind: "BYTES" };

interface Shape {
  readonly schema: Schema;
  readonly key: KeySpec;
  /** Positions of the key among the values of a row. */
  readonly keyColumns: readonly number[];
  readonly pool: readonly (readonly Value[])[];
  readonly groupCount: number;
}

type Step =
  | { readonly kind: "apply"; readonly rows: readonly Choice[] }
  | { readonly kind: "freeze"; readonly mode: "full" | "delta" }
  | { readonly kind: "encode"; readonly rowCapacity: number }
  | { readonly kind: "swap" }
  | { readonly kind: "thaw" }
  | { readonly kind: "clear" };

/** A row before its key is looked up in the pool. */
interface Choice {
  readonly key: number;
  readonly values: readonly Value[];
  readonly timestamp: bigint | null;
  readonly isDelete: boolean;
}

const KEY_TYPES: readonly (readonly DataType[])[] = [
  [LONG],
  [INT],
  [DOUBLE],
  [BOOLEAN],
  [STRING],
  [BYTES],
  [STRING, INT],
  [DOUBLE, BOOLEAN, STRING],
  [{ kind: "TUPLE", fields: [STRING, LONG] }],
];

/** Values of key columns without nulls and NaN; and without -0, which a hidden key gives back as 0. */
function anyKeyValue(type: DataType): fc.Arbitrary<Value> {
  if (type.kind === "TUPLE") return fc.tuple(...type.fields.map(anyKeyValue));
  if (type.kind === "STRING") return anyString;
  return anyValue(type).filter(
    (value) => value !== null && !Number.isNaN(value) && !Object.is(value, -0),
  );
}

function shapeOf(keyTypes: readonly DataType[], rest: readonly DataType[], isHidden: boolean) {
  const [first] = keyTypes as readonly [DataType];
  const record: DataType = { kind: "TUPLE", fields: isHidden ? rest : [...keyTypes, ...rest] };
  const fields = keyTypes.map((_, index) => index);
  return {
    schema: Schema.of({ record, key: isHidden ? first : null }),
    key: isHidden ? ({ kind: "key-column" } as const) : ({ kind: "fields", fields } as const),
    keyColumns: isHidden ? [rest.length] : fields,
  };
}

/** Keys anywhere, or, if they are LONG, sometimes in a row. */
function anyPool(keyTypes: readonly DataType[]): fc.Arbitrary<Shape["pool"]> {
  const size = { minLength: KEYS, maxLength: KEYS, size: "max" } as const;
  const anywhere = fc.array(fc.tuple(...keyTypes.map(anyKeyValue)), size);
  if (keyTypes.length !== 1 || keyTypes[0] !== LONG) return anywhere;
  const inRow = fc
    .bigInt({ min: -100n, max: 100n })
    .map((start) => Array.from({ length: KEYS }, (_, index) => [start + BigInt(index)]));
  return fc.oneof(anywhere, inRow);
}

const anyShape: fc.Arbitrary<{ shape: Shape; rest: readonly DataType[] }> = fc
  .tuple(
    fc.constantFrom(...KEY_TYPES),
    fc.array(anyType(2), { maxLength: 4 }),
    fc.boolean(),
    fc.constantFrom(1, GROUPS),
  )
  .chain(([keyTypes, rest, hidden, groupCount]) =>
    anyPool(keyTypes).map((pool) => {
      const shape = shapeOf(keyTypes, rest, hidden && keyTypes.length === 1);
      return { shape: { ...shape, pool, groupCount }, rest };
    }),
  );

function anySteps(rest: readonly DataType[]): fc.Arbitrary<readonly Step[]> {
  const choice = fc.record({
    key: fc.nat({ max: KEYS - 1 }),
    values: fc.tuple(...rest.map(anyValue)),
    timestamp: fc.option(fc.bigInt({ min: -5n, max: 5n }), { nil: null }),
    isDelete: fc.boolean(),
  });
  return fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant("apply" as const),
          rows: fc.array(choice, { maxLength: 12 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("freeze" as const),
          mode: fc.constantFrom("full" as const, "delta" as const),
        }),
      },
      {
        weight: 5,
        arbitrary: fc.record({
          kind: fc.constant("encode" as const),
          rowCapacity: fc.integer({ min: 1, max: 6 }),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: "swap" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "thaw" as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: "clear" as const }) },
    ),
    { maxLength: 40, size: "max" },
  );
}

/** Key groups have to depend on the key alone. */
function groupOf(text: string, groupCount: number): number {
  let hash = 7;
  for (let index = 0; index < text.length; ++index) hash = (hash * 31 + text.charCodeAt(index)) | 0;
  return FIRST_GROUP + (Math.abs(hash) % groupCount);
}

function rowOf({ pool, keyColumns, groupCount }: Shape, choice: Choice): StateRow {
  const key = pool[choice.key] as readonly Value[];
  const values = keyColumns[0] === 0 ? [...key, ...choice.values] : [...choice.values, ...key];
  const { timestamp, isDelete } = choice;
  return {
    values,
    timestamp,
    isDelete,
    keyGroup: groupOf(keyText({ values, timestamp }, keyColumns), groupCount),
  };
}

/** A table beside its model, and a copy of the model for the snapshot under way. */
class Run {
  readonly table: TableHarness;
  readonly #shape: Shape;
  readonly #model: TableModel;
  /** State that the snapshots encoded to their end add up to. */
  #restored: TableModel;
  #frozen: { readonly model: TableModel; readonly mode: "full" | "delta" } | null = null;
  #encoded: StateRow[] = [];

  constructor(memory: TaskMemory, shape: Shape) {
    const { schema, key, groupCount } = shape;
    const options = { schema, key, groupCount, firstGroup: FIRST_GROUP };
    this.table = new TableHarness(memory, options);
    this.#shape = shape;
    this.#model = new TableModel(shape.keyColumns);
    this.#restored = new TableModel(shape.keyColumns);
  }

  step(step: Step): void {
    switch (step.kind) {
      case "apply": {
        const rows = step.rows.map((choice) => rowOf(this.#shape, choice));
        assert.equal(this.table.apply(rows), STATUS_DONE);
        this.#model.apply(rows);
        break;
      }
      case "freeze":
        if (this.#frozen !== null) break;
        this.#frozen = { model: this.#model.copy(), mode: this.table.freeze(step.mode) };
        this.#encoded = [];
        break;
      case "encode":
        this.#encode(step.rowCapacity);
        break;
      case "swap":
        this.table.swapKernels();
        break;
      case "thaw":
        this.table.kernels.tableThaw(this.table.ptr);
        this.#frozen = null;
        break;
      case "clear":
        this.table.kernels.tableClear(this.table.ptr);
        this.#model.entries.clear();
        this.#frozen = null;
        break;
    }
    assert.equal(this.table.entryCount, this.#model.entries.size);
  }

  finish(): void {
    while (this.#frozen !== null) this.#encode(3);
    this.step({ kind: "freeze", mode: "delta" });
    while (this.#frozen !== null) this.#encode(100);
    assert.deepEqual(this.#restored.describe(), this.#model.describe());
    this.table.dispose();
  }

  #encode(rowCapacity: number): void {
    if (this.#frozen === null) return;
    const { rows, isDone } = this.table.encodeStep(rowCapacity);
    this.#encoded.push(...rows);
    if (!isDone) return;
    const { model, mode } = this.#frozen;
    const keys = this.#encoded.map((row) => keyText(row, this.#shape.keyColumns));
    assert.equal(new Set(keys).size, keys.length, "a key was encoded twice");
    if (mode === "full") this.#restored = new TableModel(this.#shape.keyColumns);
    this.#restored.apply(this.#encoded);
    assert.deepEqual(this.#restored.describe(), model.describe());
    this.#frozen = null;
  }
}

test("a table under updates, deletes, snapshots in steps and kernel swaps agrees with a map", () => {
  const { memory } = createMemory();
  preallocate(memory, 8 << 20);
  const property = fc.property(
    anyShape.chain(({ shape, rest }) => anySteps(rest).map((steps) => ({ shape, steps }))),
    ({ shape, steps }) => {
      shape.schema.descriptorPtr(memory);
      const before = memory.liveBytes;
      const run = new Run(memory, shape);
      for (const step of steps) run.step(step);
      run.finish();
      assert.equal(memory.liveBytes, before);
    },
  );
  fc.assert(property, { seed: SEED, numRuns: 300 });
});

const ENTRY = tupleSchema(STRING, LONG);
const BY_FIRST: KeySpec = { kind: "fields", fields: [0] };

function entry(key: Value, value: bigint | null, keyGroup = 0, isDelete = false): StateRow {
  return { values: [key, value], timestamp: null, keyGroup, isDelete };
}

function createTable(memory: TaskMemory, schema: Schema = ENTRY): TableHarness {
  return new TableHarness(memory, { schema, key: BY_FIRST, groupCount: 4 });
}

test("keys of one length with one hash and the same first bytes are told apart", () => {
  // Of 300,000 hashes of 32 bits about ten are shared.
  const { memory } = createMemory();
  const table = createTable(memory);
  const keyCount = 300_000;
  const step = 10_000;
  for (let from = 0; from < keyCount; from += step) {
    const key = (index: number) =>
      `the same ${String(Math.imul(from + index, 0x9e3779b1) >>> 0).padStart(10)}`;
    table.apply(Array.from({ length: step }, (_, index) => entry(key(index), 1n)));
  }
  assert.equal(table.entryCount, keyCount);
});

test("a null key is refused, the rows before it are taken", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  assert.equal(table.apply([entry("a", 1n), entry(null, 2n), entry("b", 3n)]), STATUS_NULL_KEY);
  assert.equal(table.entryCount, 1);
});

test("a NaN key is refused, also inside a composite key", () => {
  const { memory } = createMemory();
  const schema = tupleSchema(DOUBLE, LONG);
  const single = createTable(memory, schema);
  assert.equal(single.apply([entry(1, 1n), entry(Number.NaN, 2n)]), STATUS_NAN_KEY);
  const both: KeySpec = { kind: "fields", fields: [1, 0] };
  const composite = new TableHarness(memory, { schema, key: both, groupCount: 4 });
  assert.equal(composite.apply([entry(Number.NaN, 2n)]), STATUS_NAN_KEY);
  assert.equal(composite.apply([entry(1, null)]), STATUS_NULL_KEY);
});

test("rows of a key group that is not the table's are refused", () => {
  const { memory } = createMemory();
  const table = new TableHarness(memory, {
    schema: ENTRY,
    key: BY_FIRST,
    groupCount: 4,
    firstGroup: 10,
  });
  assert.equal(table.apply([entry("a", 1n, 13)]), STATUS_DONE);
  assert.equal(table.apply([entry("a", 1n, 14)]), STATUS_BAD_BATCH);
  assert.equal(table.apply([entry("a", 1n, 9)]), STATUS_BAD_BATCH);
  const many = Array.from({ length: 20 }, (_, index) =>
    entry(`k${index}`, 1n, index === 17 ? 9 : 12),
  );
  assert.equal(table.apply(many), STATUS_BAD_BATCH);
  assert.equal(table.entryCount, 1);
});

test("a frozen table is not frozen again", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  table.freeze("full");
  assert.equal(table.kernels.tableFreeze(table.ptr, 0), STATUS_TABLE_FROZEN);
});

test("the first snapshot is full even if a delta is asked for, the one after it is a delta", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  table.apply([entry("a", 1n), entry("b", 2n)]);
  assert.equal(table.freeze("delta"), "full");
  assert.equal(table.drain(10).length, 2);
  assert.equal(table.freeze("delta"), "delta");
  assert.deepEqual(table.drain(10), []);
});

test("a delta holds what changed and names what was deleted", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  table.apply([entry("a", 1n), entry("b", 2n), entry("c", 3n), entry("d", 4n)]);
  table.freeze("full");
  table.drain(10);
  table.apply([entry("b", 20n), entry("c", 0n, 0, true), entry("e", 5n)]);
  table.apply([entry("d", 0n, 0, true), entry("d", 40n)]);
  table.freeze("delta");
  const rows = table
    .drain(10)
    .map(({ values, isDelete }) => `${values[0]} ${isDelete ? "gone" : values[1]}`);
  assert.deepEqual(rows.sort(), ["b 20", "c gone", "d 40", "e 5"]);
});

test("after a snapshot that was given up the next one is full", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  table.apply([entry("a", 1n)]);
  table.freeze("full");
  table.drain(10);
  table.freeze("delta");
  table.kernels.tableThaw(table.ptr);
  assert.equal(table.freeze("delta"), "full");
  assert.equal(table.drain(10).length, 1);
});

test("a key that is deleted and made again over and over does not make its table grow", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  const turn = (round: number) =>
    table.apply([
      entry("a", BigInt(round)),
      entry(`b${round}`, 1n),
      entry(`b${round}`, 1n, 0, true),
    ]);
  for (let round = 0; round < 50; ++round) turn(round);
  const before = table.byteCount;
  for (let round = 0; round < 5000; ++round) turn(round);
  assert.equal(table.entryCount, 1);
  assert.ok(table.byteCount <= before * 2, `${before} -> ${table.byteCount}`);
});

test("disposing of a table gives every block back, also while it is frozen", () => {
  const { memory } = createMemory();
  const rows = (from: number) =>
    Array.from({ length: 500 }, (_, index) =>
      entry(`key ${from + index} ${"x".repeat(index % 90)}`, 1n, index % 4),
    );
  ENTRY.descriptorPtr(memory);
  const before = memory.liveBytes;
  const table = createTable(memory);
  table.apply(rows(0));
  table.freeze("full");
  table.encodeStep(100);
  table.apply(rows(250));
  table.apply(rows(0).map((row) => ({ ...row, isDelete: true })));
  assert.ok(table.byteCount > 500 * 50);
  table.dispose();
  assert.equal(memory.liveBytes, before);
});

test("deleted entries hold memory only until a snapshot has named them", () => {
  const { memory } = createMemory();
  const table = createTable(memory);
  const large = Array.from({ length: 200 }, (_, index) => entry(`${index}${"x".repeat(1000)}`, 1n));
  for (const mode of ["full", "delta"] as const) {
    table.apply([entry("a", 1n)]);
    table.freeze("full");
    table.drain(1000);
    table.apply(large);
    const full = table.byteCount;
    table.apply(large.map((row) => ({ ...row, isDelete: true })));
    assert.ok(table.byteCount >= full, "the snapshot to come still needs them");
    table.freeze(mode);
    table.drain(1000);
    assert.ok(table.byteCount < full - 200 * 1000, mode);
  }
});

test("entries with more fields than a word has flags keep their nulls and timestamps", () => {
  const { memory } = createMemory();
  const schema = tupleSchema(LONG, ...Array.from({ length: 40 }, () => INT));
  const table = createTable(memory, schema);
  const rows = [0, 1, 2].map((key): StateRow => {
    const rest = Array.from({ length: 40 }, (_, index) => ((index + key) % 3 === 0 ? null : index));
    return {
      values: [BigInt(key), ...rest],
      timestamp: key === 1 ? null : 5n,
      keyGroup: 0,
      isDelete: false,
    };
  });
  table.apply(rows);
  table.freeze("full");
  const key = (row: StateRow) => Number(row.values[0]);
  assert.deepEqual(
    table.drain(10).sort((a, b) => key(a) - key(b)),
    rows,
  );
});

test("a table accounts for all it borrows", () => {
  const { memory } = createMemory();
  ENTRY.descriptorPtr(memory);
  const before = memory.liveBytes;
  const table = createTable(memory);
  const layout = memory.liveBytes - before - table.byteCount;
  assert.ok(layout > 0 && layout < 1024);
  for (let round = 0; round < 20; ++round) {
    const length = round * 7;
    table.apply(
      Array.from({ length: 100 }, (_, index) => entry(`${index % 60}${"z".repeat(length)}`, 1n)),
    );
    assert.equal(memory.liveBytes - before, table.byteCount + layout);
  }
});

test("minus zero and zero are one key, and a field keeps the one that was stored", () => {
  const { memory } = createMemory();
  const schema = tupleSchema(DOUBLE, LONG);
  const table = createTable(memory, schema);
  table.apply([entry(0, 1n), entry(-0, 2n)]);
  assert.equal(table.entryCount, 1);
  table.freeze("full");
  assert.deepEqual(
    table.drain(10).map(({ values }) => values),
    [[-0, 2n]],
  );
});

test("a table that gets no memory says so and still gives back what it has", () => {
  const { memory } = createMemory(2_500_000);
  ENTRY.descriptorPtr(memory);
  const before = memory.liveBytes;
  const table = createTable(memory);
  const rows = Array.from({ length: 8000 }, (_, index) =>
    entry(`${index}${"y".repeat(100)}`, 1n, index % 4),
  );
  assert.equal(table.apply(rows), STATUS_OUT_OF_MEMORY);
  assert.ok(table.entryCount > 1000);
  table.dispose();
  assert.equal(memory.liveBytes, before);
});
