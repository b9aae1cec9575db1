/** AggregateFunctions: their programs against the functions themselves, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyzeAggregate } from "../../../../../control/compiler/front/aggregate.ts";
import type { AggregateProgram, Program } from "../../../../../control/compiler/ir.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { evaluateProgram, GAVE_UP } from "./evaluate-ir.ts";

type Reading = readonly [sensor: string, value: number, isValid: boolean];

const INPUT: DataType = {
  kind: "TUPLE",
  fields: [{ kind: "STRING" }, { kind: "NUMBER" }, { kind: "BOOLEAN" }],
};
const readings: fc.Arbitrary<Reading> = fc.tuple(
  fc.constantFrom("", "a", "é", "b"),
  fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double()),
  fc.boolean(),
);

// biome-ignore lint/suspicious/noExplicitAny: accumulators and results of any type.
type Methods = Record<"createAccumulator" | "add" | "getResult" | "merge", (...args: any[]) => any>;

function programOf(fn: Partial<Methods>): AggregateProgram {
  const analysis = analyzeAggregate({ fn, inputType: INPUT, declaredOutput: null });
  assert.ok(analysis.ok, analysis.ok ? "" : `${analysis.reason}: ${analysis.expression}`);
  return analysis.program;
}

function only(program: Program | null, input: unknown): unknown {
  assert.ok(program !== null);
  const emitted = evaluateProgram(program, input);
  assert.ok(emitted !== GAVE_UP, "given up");
  assert.equal(emitted.length, 1);
  return emitted[0];
}

class Mean {
  createAccumulator() {
    return { count: 0, sum: 0 };
  }
  add(reading: Reading, acc: { count: number; sum: number }) {
    if (!reading[2]) return acc;
    acc.count++;
    acc.sum += reading[1];
    return acc;
  }
  getResult({ count, sum }: { count: number; sum: number }) {
    return sum / count;
  }
  merge(a: { count: number; sum: number }, b: { count: number; sum: number }) {
    a.count += b.count;
    a.sum += b.sum;
    return a;
  }
}

const FUNCTIONS: Readonly<Record<string, Methods>> = {
  "new accumulators": {
    createAccumulator: () => ({ key: null, count: 0, sum: 0 }),
    add: ([key, value]: Reading, { count, sum }) => ({ key, count: count + 1, sum: sum + value }),
    getResult: ({ key, count, sum }) => [key, count, sum, sum / count],
    merge: (a, b) => ({ key: a.key ?? b.key, count: a.count + b.count, sum: a.sum + b.sum }),
  },
  "methods of a class that change their accumulator": new Mean() as unknown as Methods,
  "arrays that are changed": {
    createAccumulator: () => [0, ""],
    add(reading, acc) {
      const [, last] = acc;
      acc[0] += last === reading[0] ? 1 : 0;
      acc[1] = reading[0];
      return acc;
    },
    getResult: (acc) => `${acc[1]} ${acc[0]}`,
    merge: (a, b) => [a[0] + b[0], b[1]],
  },
  numbers: {
    createAccumulator: () => 0,
    add: (reading, total) => (total > 100 ? 0 : total + reading[1]),
    getResult: (total) => total,
    merge: (a, b) => a + b,
  },
  "values read before a change": {
    createAccumulator: () => ({ last: 0, step: 0 }),
    add(reading, acc) {
      const { last } = acc;
      const before = acc.last;
      acc.last = reading[1];
      acc.step = acc.last - before + (last - before);
      return { ...acc };
    },
    getResult: (acc) => acc.step,
    merge: (a) => a,
  },
  "least and most": {
    createAccumulator: () => ({ name: null, least: null, most: -1 }),
    add(reading, acc) {
      if (acc.least === null || reading[1] < acc.least) {
        acc.least = reading[1];
        acc.name = reading[0];
      }
      if (reading[1] > acc.most) acc.most = reading[1];
      return acc;
    },
    getResult: (acc) => [acc.name, acc.least, acc.most],
    merge: (a, b) => (a.most > b.most ? a : b),
  },
};

for (const [name, fn] of Object.entries(FUNCTIONS)) {
  test(`programs do as ${name} do`, () => {
    const program = JSON.parse(JSON.stringify(programOf(fn))) as AggregateProgram;
    const folded = (records: readonly Reading[]): readonly [unknown, unknown] => {
      let own: unknown = null;
      let expected: unknown = fn.createAccumulator();
      for (const [index, record] of records.entries()) {
        own = index === 0 ? only(program.start, [null, record]) : only(program.add, [own, record]);
        expected = fn.add(record, expected);
        assert.deepStrictEqual(own, expected);
      }
      return [own, expected];
    };
    const list = fc.array(readings, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(list, list, (left, right) => {
        const [a, expectedA] = folded(left);
        const [b, expectedB] = folded(right);
        assert.deepStrictEqual(only(program.result, a), fn.getResult(expectedA));
        assert.deepStrictEqual(only(program.merge, [a, b]), fn.merge(expectedA, expectedB));
      }),
      { seed: 20261125, numRuns: 100 },
    );
  });
}

const PLAIN = {
  createAccumulator: () => ({ n: 0 }),
  add: (reading: Reading, acc: { n: number }) => ({ n: acc.n + reading[1] }),
  getResult: (acc: { n: number }) => acc.n,
};

test("what cannot be merged is compiled without merge", () => {
  const merge = (a: unknown) => JSON.stringify(a);
  assert.equal(programOf({ ...PLAIN, merge }).merge, null);
});

const REFUSED: readonly (readonly [Partial<Methods>, string, string])[] = [
  [
    {
      ...PLAIN,
      add(_, acc) {
        const other = acc;
        acc.n += 1;
        return other;
      },
    },
    "uses `acc` as a whole, which it changes",
    "acc",
  ],
  [
    {
      ...PLAIN,
      createAccumulator: () => ({ at: { n: 0 } }),
      add(_, acc) {
        acc.at.n += 1;
        return acc;
      },
    },
    "changes an accumulator whose `at` is a record",
    "acc",
  ],
  [
    {
      ...PLAIN,
      add(_, acc) {
        acc.m = 1;
        return acc;
      },
    },
    "changes a field of `acc` that it does not have",
    "m",
  ],
  [
    { ...PLAIN, createAccumulator: () => new Map(), add: (_, acc) => acc },
    "uses new, which is not compiled",
    "new Map()",
  ],
  [
    { ...PLAIN, createAccumulator: () => "", add: ([sensor]: Reading, text) => text + sensor },
    "puts a string together from the one before",
    "([sensor], text) => text + sensor",
  ],
  [
    {
      ...PLAIN,
      getResult(acc) {
        acc.n += 1;
        return acc.n;
      },
    },
    "changes a field or several variables at once, which is not compiled",
    "acc.n += 1",
  ],
];

for (const [fn, reason, expression] of REFUSED) {
  test(`${reason}: ${expression}`, () => {
    const analysis = analyzeAggregate({ fn, inputType: INPUT, declaredOutput: null });
    assert.ok(!analysis.ok);
    assert.deepEqual([analysis.reason, analysis.expression], [reason, expression]);
  });
}
