/**
 * Compares random user functions, compiled, with what V8 makes of them, until the time is over or one
 * fails; then it makes the failure small and keeps it as a regression test.
 *
 *   npm run fuzz:compiler -- --minutes 5 [--seed 1]
 */
import { parseArgs } from "node:util";
import { CaseCompiler, type CompiledCase } from "./compile-cases.ts";
import { jsonProgram, randomDocuments } from "./json-documents.ts";
import { caseOf, type Program, randomProgram } from "./programs.ts";
import { Random } from "./random.ts";
import { writeRegression } from "./regressions.ts";
import { rowsWithNulls } from "./rows.ts";
import { runCase } from "./run-case.ts";
import { type Failure, shrunk } from "./shrink.ts";

const PROGRAMS_PER_ROUND = 48;
/** Of programs that parse JSON. */
const JSON_SHARE = 0.1;
const ROWS = 400;
const MS_PER_MINUTE = 60_000;

interface Round {
  readonly programs: readonly Program[];
  readonly compiled: readonly CompiledCase[];
}

interface Totals {
  programs: number;
  refused: number;
  pairs: number;
  givenUp: number;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(process.hrtime.bigint() % 1_000_000_000n) },
  },
});
const random = new Random(Number(values.seed));
const compiler = new CaseCompiler();
const totals: Totals = { programs: 0, refused: 0, pairs: 0, givenUp: 0 };
const failure = await fuzz(performance.now() + Number(values.minutes) * MS_PER_MINUTE);
process.stdout.write(`seed ${values.seed}: ${progress()}\n`);
if (failure !== null) await report(failure);
compiler.close();

async function fuzz(endMs: number): Promise<Failure | null> {
  let next = compileRound();
  let found: Failure | null = null;
  while (found === null && performance.now() < endMs) {
    const round = await next;
    // The compiler is a process of its own: it works on the next round meanwhile.
    next = compileRound();
    found = await runRound(round);
    process.stderr.write(`${progress()}\n`);
  }
  // Closed while it is at work, the compiler would fail this round.
  await next;
  return found;
}

async function runRound({ programs, compiled }: Round): Promise<Failure | null> {
  for (const each of compiled) {
    const found = await runProgram(each, programs);
    if (found !== null) return found;
  }
  return null;
}

async function compileRound(): Promise<Round> {
  const programs = Array.from({ length: PROGRAMS_PER_ROUND }, () =>
    random.chance(JSON_SHARE) ? jsonProgram(random) : randomProgram(random),
  );
  const { compiled, refused } = await compiler.compile(programs.map(caseOf));
  totals.refused += refused.length;
  return { programs, compiled };
}

async function runProgram(
  compiled: CompiledCase,
  programs: readonly Program[],
): Promise<Failure | null> {
  const { inputType, declaredOutput } = compiled.function;
  // Only functions that parse JSON declare what they answer.
  const records =
    declaredOutput === undefined
      ? rowsWithNulls(inputType, ROWS, random)
      : randomDocuments(declaredOutput, ROWS, random);
  const options = { outputRows: 1 + random.below(20), batchRows: 1 + random.below(64) };
  const { mismatches, givenUp } = await runCase(compiled, records, options);
  totals.programs += 1;
  totals.pairs += records.length;
  totals.givenUp += givenUp.length;
  const [mismatch] = mismatches;
  const program = programs.find(
    (each) =>
      each.declaredOutput === declaredOutput && caseOf(each).source === compiled.function.source,
  );
  return mismatch === undefined || program === undefined ? null : { program, records, mismatch };
}

function progress(): string {
  const { programs, refused, pairs, givenUp } = totals;
  return `${programs} programs (${refused} refused), ${pairs} rows, ${givenUp} given up`;
}

async function report(found: Failure): Promise<void> {
  process.exitCode = 1;
  process.stdout.write(`fails: ${caseOf(found.program).source}\n`);
  const { program, records, mismatch } = await shrunk(compiler, found);
  const path = writeRegression({ ...caseOf(program), records });
  process.stdout.write(`smaller: ${caseOf(program).source}\n${mismatch.what}\nkept as ${path}\n`);
}
