/** Compiled functions against V8: what people write, what a generator makes up, and what failed before. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { CaseCompiler, type CompiledCases } from "../../../compiler-fuzz/compile-cases.ts";
import { NEVER_GIVEN_UP, SOMETIMES_GIVEN_UP } from "../../../compiler-fuzz/lambdas.ts";
import { caseOf, randomProgram } from "../../../compiler-fuzz/programs.ts";
import { Random } from "../../../compiler-fuzz/random.ts";
import { readRegressions } from "../../../compiler-fuzz/regressions.ts";
import { rowsWithNulls } from "../../../compiler-fuzz/rows.ts";
import { type CaseReport, runCase } from "../../../compiler-fuzz/run-case.ts";

const SEED = 20260101;
const ROWS = 600;
const RANDOM_PROGRAMS = 140;
const OPTIONS = { outputRows: 7, batchRows: 24 };

const compiler = new CaseCompiler();
/** All is asked for at once: the compiler is busy while what it has made is run. */
const random = new Random(SEED);
const programs = Array.from({ length: RANDOM_PROGRAMS }, () => caseOf(randomProgram(random)));
const never = compiler.compile(NEVER_GIVEN_UP);
const sometimes = compiler.compile(SOMETIMES_GIVEN_UP);
const generated = compiler.compile(programs);
let pairs = 0;

after(() => compiler.close());

test("common functions are compiled, and leave no record to JavaScript", async () => {
  const reports = await runAll(await never, { refusals: 0 });
  const givenUp = reports.flatMap(({ givenUp: records, source }) =>
    records.length === 0 ? [] : [`${source} gives up ${inspect(records.slice(0, 3))}`],
  );
  assert.deepEqual(givenUp, []);
});

test("functions that leave some records to JavaScript answer what it answers", async () => {
  const reports = await runAll(await sometimes, { refusals: 0 });
  const idle = reports.filter(({ givenUp, left }) => givenUp.length + left === ROWS);
  assert.deepEqual(idle, []);
});

test("random functions do what V8 does", async () => {
  const reports = await runAll(await generated, { refusals: RANDOM_PROGRAMS / 4 });
  const left = reports.reduce((sum, report) => sum + report.givenUp.length + report.left, 0);
  // Else the comparison would be one of JavaScript with itself.
  assert.ok(left < (reports.length * ROWS) / 3, `${left} records are left to JavaScript`);
});

test("100,000 pairs of function and record were compared", () => {
  assert.ok(pairs >= 100_000, `${pairs} pairs`);
});

test("what failed before does what V8 does", async () => {
  const regressions = readRegressions();
  const { compiled, refused } = await compiler.compile(regressions);
  // A function that is no longer compiled would be compared with itself.
  assert.deepEqual(refused, []);
  for (const each of compiled) {
    const found = regressions.find((regression) => regression === each.function);
    const { mismatches } = await runCase(each, found?.records ?? [], OPTIONS);
    assert.deepEqual(mismatches, [], each.function.source);
  }
});

interface NamedReport extends CaseReport {
  readonly source: string;
}

async function runAll(
  { compiled, refused }: CompiledCases,
  { refusals }: { readonly refusals: number },
): Promise<readonly NamedReport[]> {
  const reasons = refused.map(({ function: code, reason }) => `${code.source} ${reason}`);
  assert.ok(reasons.length <= refusals, reasons.join("\n"));
  const reports: NamedReport[] = [];
  for (const each of compiled) {
    const { source, inputType } = each.function;
    const records = rowsWithNulls(inputType, ROWS, random);
    reports.push({ source, ...(await runCase(each, records, OPTIONS)) });
    pairs += records.length;
  }
  const failures = reports.flatMap(({ source, mismatches }) =>
    mismatches.map(({ record, what }) => `${source} of ${inspect(record)} ${what}`),
  );
  assert.deepEqual(failures, []);
  return reports;
}
