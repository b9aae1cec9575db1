/** Compares what functions compile to with the functions themselves, record by record. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import { type AnalyzeRequest, analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { CaptureResolver } from "../../../../../control/compiler/front/captures.ts";
import type { Role } from "../../../../../control/compiler/front/roles.ts";
import type { Program } from "../../../../../control/compiler/ir.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { evaluateProgram, GAVE_UP } from "./evaluate-ir.ts";

// biome-ignore lint/suspicious/noExplicitAny: functions over records of any type.
export type Lambda = (...args: any[]) => unknown;

export interface Subject {
  readonly role: Role;
  readonly inputType: DataType;
  readonly records: fc.Arbitrary<unknown>;
  readonly declaredOutput?: DataType;
  readonly resolveCapture?: CaptureResolver;
}

export function programOf(fn: unknown, request: Omit<AnalyzeRequest, "fn">): Program {
  const analysis = analyze({ fn, ...request });
  assert.ok(
    analysis.ok,
    analysis.ok ? "" : `${analysis.reason} (${analysis.expression}): ${String(fn)}`,
  );
  return analysis.program;
}

/** assertSame() for each; one report about all. */
export function assertAllSame(functions: readonly Lambda[], subject: Subject): void {
  const failures = functions.flatMap((fn) => {
    try {
      assertSame(fn, subject);
      return [];
    } catch (error) {
      return [`${String(fn)}\n${error instanceof Error ? describe(error) : String(error)}`];
    }
  });
  assert.equal(failures.length, 0, failures.join("\n\n"));
}

function describe(error: Error): string {
  return error.cause instanceof Error ? `${error.message}\n${error.cause.message}` : error.message;
}

/**
 * Asserts for many records that the program emits what the function does, or gives the record up; where
 * the function throws it has to. Some record must not be given up.
 */
export function assertSame(fn: Lambda, subject: Subject, runs = 60): void {
  const { role, inputType, records, declaredOutput = null, resolveCapture } = subject;
  const program = programOf(fn, {
    role,
    inputType,
    declaredOutput,
    ...(resolveCapture === undefined ? {} : { resolveCapture }),
  });
  // It travels as JSON.
  const sent = JSON.parse(JSON.stringify(program)) as Program;
  let computed = 0;
  fc.assert(
    fc.property(records, (record) => {
      const actual = evaluateProgram(sent, record);
      if (actual === GAVE_UP) return;
      computed += 1;
      const expected = emittedBy(fn, role, record);
      assert.deepStrictEqual(actual, expected, String(fn));
      // The order of keys, which deepStrictEqual() does not look at.
      assert.equal(
        inspect(actual, { depth: null }),
        inspect(expected, { depth: null }),
        String(fn),
      );
    }),
    { seed: 20240917, numRuns: runs },
  );
  assert.ok(computed > 0, `gives every record up: ${String(fn)}`);
}

/** Errors: what the function throws. */
function emittedBy(fn: Lambda, role: Role, record: unknown): readonly unknown[] {
  if (role === "filter") return fn(record) === true ? [record] : [];
  if (role !== "flatMap") return [fn(record)];
  const emitted: unknown[] = [];
  const result = fn(record, {
    collect(item: unknown) {
      emitted.push(item);
    },
  });
  if (result !== undefined && result !== null) emitted.push(...(result as Iterable<unknown>));
  return emitted;
}

/** Strings with lone surrogates, separators, numbers; arbitrary units. */
export function texts(): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(..." ,;=abAB01-.\t\n"),
    fc.constantFrom("\ud83d", "\ude00", "é", "ß", "\u00a0", "日", "İ"),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit, maxLength: 12 }) },
    fc
      .array(fc.constantFrom("a", "to", "be", "", "12", "x=1", "WARN"), { maxLength: 6 })
      .map((words) => words.join(" ")),
    fc
      .array(fc.constantFrom("7", "-1.5", "", "1e3", "NaN", "abc"), { minLength: 3, maxLength: 5 })
      .map((cells) => cells.join(",")),
    fc.double().map(String),
  );
}

export function numbers(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.double(),
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 53, 0.1, -1.5),
  );
}

export function integers(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: -10, max: 10 }), fc.integer());
}

/** As readers give them: bigints beyond the safe integers. */
export function longs(): fc.Arbitrary<number | bigint> {
  return fc.oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(2n ** 60n, -(2n ** 62n)),
  );
}
