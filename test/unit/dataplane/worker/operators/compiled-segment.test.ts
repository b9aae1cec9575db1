import assert from "node:assert/strict";
import { test } from "node:test";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import { STATUS_OUTPUT_FULL } from "../../../../../dataplane/protocol/status.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { Segment } from "../../../../../dataplane/worker/segment.ts";
import { compileModule } from "./compiled-modules.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  type Harness,
  INT,
  NUMBER,
  processBatch,
  readRows,
  STRING,
  scalar,
  type TimedRow,
  tuple,
} from "./harness.ts";

interface Step {
  readonly kind: "map" | "filter" | "flatMap";
  readonly fn: unknown;
}

interface Compiled {
  readonly harness: Harness;
  readonly segment: Segment;
  /** Makes the module known, as a command of the master would. */
  deliver(): void;
}

async function compile(
  steps: readonly Step[],
  inputType: DataType,
  rowCapacity = 100,
  shared?: Harness,
): Promise<Compiled> {
  let type = inputType;
  const operators: OperatorSpec[] = [];
  const programs = steps.map(({ kind, fn }, index) => {
    const analysis = analyze({ fn, role: kind, inputType: type, declaredOutput: null });
    if (!analysis.ok) throw new Error(analysis.reason);
    const { program } = analysis;
    operators.push({
      id: `op${index}`,
      name: kind,
      kind,
      input: index === 0 ? null : `op${index - 1}`,
      inputType: batchType(type),
      outputType: batchType(program.outputType),
      engine: "wasm",
      module: "op0",
    });
    type = program.outputType;
    return { about: kind, program };
  });
  const module = await compileModule(fusedModule(programs));
  const functions = Object.fromEntries(steps.map(({ fn }, index) => [`op${index}/fn`, fn]));
  const harness = shared ?? (await createHarness(functions));
  const context = {
    ...harness.context,
    operators,
    functionOf: (id: string, role: string) => functions[`${id}/${role}`],
    moduleOf: module.moduleOf,
  };
  const [node, ...others] = createSegments(context, { outputRows: rowCapacity });
  assert.equal(others.length, 0, "operators of one module are one segment");
  await node?.segment.open();
  return {
    harness,
    segment: node?.segment as Segment,
    deliver: () => module.deliver(),
  };
}

function timed(values: readonly unknown[]): TimedRow[] {
  return values.map((value, index) => ({ value, timestampMs: index }));
}

async function run(
  { harness, segment }: Compiled,
  values: readonly unknown[],
  type: DataType,
): Promise<TimedRow[]> {
  return processBatch(segment, buildBatch(harness.memory, timed(values), batchType(type)));
}

const upper = { kind: "map", fn: (text: string) => text.toUpperCase() } as const;

test("rows that compiled code gives up go through JavaScript, in order, with their timestamps", async () => {
  const compiled = await compile([upper], STRING);
  compiled.deliver();
  const words = ["a", "b", "ä", "c", "ß", "", "d", "é"];
  const results = await run(compiled, words, STRING);
  assert.deepEqual(results, timed(words.map((word) => word.toUpperCase())));
  await compiled.segment.close();
});

test("many rows given up leave the rest of the batch to JavaScript, and the next batch is compiled again", async () => {
  const compiled = await compile([upper], STRING, 3);
  compiled.deliver();
  for (let round = 0; round < 2; round++) {
    const words = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? "ä" : `w${index}`));
    const results = await run(compiled, words, STRING);
    assert.deepEqual(results, timed(words.map((word) => word.toUpperCase())));
  }
  await compiled.segment.close();
});

test("JavaScript runs until the module is there", async () => {
  const compiled = await compile([{ kind: "map", fn: (x: number) => x + 1 }], NUMBER);
  assert.deepEqual(await run(compiled, [1, 2], NUMBER), timed([2, 3]));
  compiled.deliver();
  assert.deepEqual(await run(compiled, [3, 4], NUMBER), timed([4, 5]));
  await compiled.segment.close();
});

test("one row that becomes many goes out in several batches, each emission once", async () => {
  const steps = [
    { kind: "flatMap", fn: (line: string) => line.split(" ") },
    { kind: "filter", fn: (word: string) => word !== "" },
    { kind: "map", fn: (word: string) => [word, word.length] },
  ] as const;
  const line = Array.from({ length: 50 }, (_, index) => "x".repeat(index % 5)).join(" ");
  const words = line.split(" ").filter((word) => word !== "");
  for (const rowCapacity of [1, 2, 7, 1000]) {
    const compiled = await compile(steps, STRING, rowCapacity);
    compiled.deliver();
    const results = await run(compiled, [line, "", line], STRING);
    assert.deepEqual(
      results.map(({ value }) => value),
      [...words, ...words].map((word) => [word, word.length]),
    );
    assert.deepEqual(new Set(results.map(({ timestampMs }) => timestampMs)), new Set([0, 2]));
    await compiled.segment.close();
  }
});

test("a row given up after some of its emissions have gone out emits each once", async () => {
  const shout = (line: string) => line.split(" ").map((word) => word.toUpperCase());
  const line = "a b c d e f ä g h";
  for (const rowCapacity of [1, 2, 4, 100]) {
    const compiled = await compile([{ kind: "flatMap", fn: shout }], STRING, rowCapacity);
    compiled.deliver();
    const results = await run(compiled, ["x y", line, "z"], STRING);
    assert.deepEqual(
      results.map(({ value }) => value),
      ["x y", line, "z"].flatMap(shout),
    );
    await compiled.segment.close();
  }
});

test("nulls are read, passed on and emitted by compiled code", async () => {
  const at: DataType = { kind: "ROW", fields: [{ name: "x", type: NUMBER }] };
  const type = tuple(STRING, NUMBER, at, STRING);
  type Row = readonly [string | null, number | null, { x: number | null } | null, string | null];
  const steps = [
    { kind: "filter", fn: ([, count]: Row) => count !== 3 },
    { kind: "map", fn: ([word, ...rest]: Row) => [word, word ?? "none", ...rest] },
    { kind: "map", fn: (row: readonly unknown[]) => [row[0], row[1], row[2], row[3], row[4]] },
  ] as const;
  const rows: readonly Row[] = [
    ["a", 1, { x: 1 }, null],
    [null, 2, null, "b"],
    ["c", 3, null, null],
    [null, null, { x: null }, ""],
  ];
  const expected = rows
    .filter(([, count]) => count !== 3)
    .map(([word, ...rest]) => [word, word ?? "none", ...rest]);
  for (const rowCapacity of [1, 2, 100]) {
    const compiled = await compile(steps, type, rowCapacity);
    compiled.deliver();
    for (let round = 0; round < 2; round++) {
      const results = await run(compiled, rows, type);
      assert.deepEqual(
        results.map(({ value }) => value),
        expected,
      );
    }
    await compiled.segment.close();
  }
});

test("a filter that makes a null of its own keeps the rows that JavaScript keeps", async () => {
  const type = tuple(STRING, scalar("BOOLEAN"));
  // null is compared as 0, which is above "-1"; the empty string is not.
  const fn = ([word, isTaken]: [string, boolean]) => ((isTaken ? word : null) as string) > "-1";
  const compiled = await compile([{ kind: "filter", fn }], type);
  compiled.deliver();
  const rows: readonly [string, boolean][] = [
    ["a", false],
    ["a", true],
    ["", true],
    ["", false],
  ];
  const results = await run(compiled, rows, type);
  assert.deepEqual(
    results.map(({ value }) => value),
    rows.filter(fn),
  );
  await compiled.segment.close();
});

test("a match of what is null is no match", async () => {
  const type = tuple(STRING, NUMBER);
  const fn = ([text, count]: [string | null, number]) => {
    const m = text?.match(/^(a?)(b)?/);
    const all = text?.match(/[ab]/g) ?? [];
    return [m ? "match" : "none", m === null, m === undefined, m?.[2] ?? "-", all.length, count];
  };
  const rows = ["ab", null, "", "xb", null].map((text, index) => [text, index] as const);
  const compiled = await compile([{ kind: "map", fn }], type);
  compiled.deliver();
  const results = await run(compiled, rows, type);
  assert.deepEqual(
    results.map(({ value }) => value),
    rows.map(([text, count]) => fn([text, count])),
  );
  await compiled.segment.close();
});

test("columns that pass unchanged keep their nulls, behind rows with others and around rows given up", async () => {
  const at: DataType = { kind: "ROW", fields: [{ name: "x", type: NUMBER }] };
  const type = tuple(STRING, NUMBER, at, scalar("BOOLEAN"), scalar("LONG"));
  type Row = readonly [string, ...unknown[]];
  const copy = { kind: "map", fn: ([s, n, ...rest]: Row) => [...rest, n, s] } as const;
  const project = { kind: "map", fn: ([s, , ...rest]: Row) => [rest[2], rest[0], s] } as const;
  const shout = { kind: "map", fn: ([s, ...rest]: Row) => [s.toUpperCase(), ...rest] } as const;
  const nullAt = (index: number, step: number, value: unknown) =>
    index % step === 0 ? null : value;
  const rows = Array.from({ length: 130 }, (_, index): Row => {
    const s = index % 17 === 5 ? "ä" : `w${index}`;
    const inner = nullAt(index, 5, { x: nullAt(index, 3, index) });
    return [s, nullAt(index, 2, index), inner, nullAt(index, 7, true), nullAt(index, 11, 3)];
  });
  const halves = [rows.slice(0, 60), rows.slice(60, 61), rows.slice(61)];
  for (const step of [copy, project, shout]) {
    for (const rowCapacity of [1, 50, 1000]) {
      const compiled = await compile([step], type, rowCapacity);
      compiled.deliver();
      // One builder for several batches: a null that is left in it shows at another row.
      for (const half of [...halves, ...halves]) {
        const results = await run(compiled, half, type);
        assert.deepEqual(
          results.map(({ value }) => value),
          half.map((row) => step.fn(row as never)),
        );
      }
      await compiled.segment.close();
    }
  }
});

test("batches with nulls go behind rows that the output has already", async () => {
  const type = tuple(NUMBER, NUMBER);
  const fn = ([a, b]: readonly unknown[]) => [b, a];
  const compiled = await compile([{ kind: "map", fn }], type, 1000);
  compiled.deliver();
  const rows = Array.from({ length: 70 }, (_, index) => [index, index % 3 === 0 ? null : index]);
  for (const part of [rows.slice(0, 3), rows.slice(3)]) {
    const input = buildBatch(compiled.harness.memory, timed(part), batchType(type));
    compiled.segment.process(input, { row: 0, step: 0 });
  }
  const builder = compiled.segment.outputs[0]?.builder;
  assert.ok(builder !== undefined && builder !== null);
  assert.deepEqual(
    readRows(builder).map(({ value }) => value),
    rows.map(fn),
  );
  await compiled.segment.close();
});

test("nulls of rows that are taken back leave no trace", async () => {
  const type = tuple(STRING, STRING);
  const fn = (row: readonly [string | null, string], out: { collect(value: unknown): void }) => {
    for (const word of row[1].split(" ")) {
      out.collect([row[0], word === "-" ? null : word.toUpperCase()]);
    }
  };
  const rows = [
    [null, "a - b ä c"],
    ["x", "d e f g h"],
    [null, "- ä -"],
    ["y", "i j"],
  ];
  const expected = rows.flatMap((row) => {
    const emitted: unknown[] = [];
    fn(row as [string | null, string], { collect: (value) => emitted.push(value) });
    return emitted;
  });
  for (const rowCapacity of [1, 3, 4, 100]) {
    const compiled = await compile([{ kind: "flatMap", fn }], type, rowCapacity);
    compiled.deliver();
    const results = await run(compiled, rows, type);
    assert.deepEqual(
      results.map(({ value }) => value),
      expected,
    );
    await compiled.segment.close();
  }
});

test("two modules in one memory keep their static data apart", async () => {
  const first = await compile([{ kind: "map", fn: (w: string) => `${w} one` }], STRING);
  const fn = (w: string) => `${w} another constant`;
  const second = await compile([{ kind: "map", fn }], STRING, 100, first.harness);
  first.deliver();
  second.deliver();
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(await run(first, ["a"], STRING), timed(["a one"]));
    assert.deepEqual(await run(second, ["b"], STRING), timed(["b another constant"]));
  }
  await first.segment.close();
  await second.segment.close();
});

test("columns that pass unchanged keep their rows and times, also around rows that are given up", async () => {
  const type: DataType = {
    kind: "ROW",
    fields: [
      { name: "s", type: STRING },
      { name: "n", type: NUMBER },
      { name: "i", type: INT },
      { name: "l", type: scalar("LONG") },
      { name: "b", type: scalar("BOOLEAN") },
    ],
  };
  interface Row {
    readonly s: string;
    readonly n: number;
    readonly i: number;
    readonly l: number | bigint;
    readonly b: boolean;
  }
  const steps = [
    { kind: "map", fn: ({ b, s, ...rest }: Row) => ({ b, ...rest, s, up: s.toUpperCase() }) },
    { kind: "map", fn: (r: Row) => [r.s, r.b, r.l, r.i, r.n] },
  ] as const;
  const values = Array.from({ length: 90 }, (_, index): Row => {
    const s = index % 13 === 5 ? `ä${index}` : "x".repeat(index % 5);
    return { s, n: index / 7, i: 7 - index, l: 2n ** 60n + BigInt(index), b: index % 3 === 0 };
  });
  for (const rowCapacity of [1, 4, 100]) {
    const compiled = await compile(steps, type, rowCapacity);
    compiled.deliver();
    const rows = values.map((value, index) => ({
      value,
      timestampMs: index % 4 === 0 ? null : index,
    }));
    const input = buildBatch(compiled.harness.memory, rows, batchType(type));
    assert.deepEqual(
      await processBatch(compiled.segment, input),
      rows.map(({ value: { s, b, l, i, n }, timestampMs }) => ({
        value: [s, b, l, i, n],
        timestampMs,
      })),
    );
    await compiled.segment.close();
  }
});

test("an output takes no more columns that pass unchanged than its bytes allow", async () => {
  const long = scalar("LONG");
  const wide = tuple(...Array.from({ length: 20 }, () => long));
  const numbers = (row: number) => Array.from({ length: 20 }, (_, field) => row * 100 + field);
  const reverse = (t: readonly number[]) => [t[19], t[0], t[18], t[1], t[17], t[2], t[16], t[3]];
  const words = tuple(STRING, NUMBER);
  const text = (row: number) => ["w".repeat(900 + (row % 7)), row];
  const swap = ([word, n]: readonly [string, number]) => [n, word, word];
  for (const [type, fn, make] of [
    [wide, reverse, numbers],
    [wide, (t: readonly number[]) => t, numbers],
    [words, swap, text],
  ] as const) {
    const compiled = await compile([{ kind: "map", fn }], type, 4000);
    compiled.deliver();
    const values = Array.from({ length: 3900 }, (_, row) => make(row));
    const input = buildBatch(compiled.harness.memory, timed(values), batchType(type));
    const output = compiled.segment.outputs[0];
    const cursor = { row: 0, step: 0 };
    const emitted: unknown[] = [];
    let ships = 0;
    for (let status = STATUS_OUTPUT_FULL; status === STATUS_OUTPUT_FULL; ships += 1) {
      status = compiled.segment.process(input, cursor);
      const builder = output?.builder;
      assert.ok(builder !== undefined && builder !== null);
      assert.ok(builder.byteLength < builder.byteCapacity + 4096, `${builder.byteLength} bytes`);
      emitted.push(...readRows(builder).map(({ value }) => value));
      builder.reset();
    }
    assert.ok(ships > 1);
    assert.deepEqual(emitted, values.map(fn as (value: unknown) => unknown));
    await compiled.segment.close();
  }
});
