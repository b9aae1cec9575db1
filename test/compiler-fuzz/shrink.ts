/** Makes a failing program smaller: one record, then the plainest function that still fails. */
import type { CaseCompiler, CompiledCase } from "./compile-cases.ts";
import { caseOf, type Program } from "./programs.ts";
import { type Mismatch, runCase } from "./run-case.ts";
import { smallerTrees } from "./tree.ts";

export interface Failure {
  readonly program: Program;
  readonly records: readonly unknown[];
  readonly mismatch: Mismatch;
}

/** Smaller programs compiled and tried at once. */
const TRIED_AT_ONCE = 24;
const ROUNDS_MAX = 60;
const OPTIONS = { outputRows: 1, batchRows: 16 };

export async function shrunk(compiler: CaseCompiler, failure: Failure): Promise<Failure> {
  let smallest = await fewerRecords(compiler, failure);
  for (let round = 0; round < ROUNDS_MAX; ++round) {
    const smaller = await smallerOf(compiler, smallest);
    if (smaller === null) return smallest;
    smallest = smaller;
  }
  return smallest;
}

async function fewerRecords(compiler: CaseCompiler, failure: Failure): Promise<Failure> {
  const { compiled } = await compiler.compile([caseOf(failure.program)]);
  const [only] = compiled;
  if (only === undefined) return failure;
  for (const record of failure.records) {
    const mismatch = await mismatchOf(only, [record]);
    if (mismatch !== null) return { ...failure, records: [record], mismatch };
  }
  return failure;
}

async function smallerOf(compiler: CaseCompiler, failure: Failure): Promise<Failure | null> {
  const trees = smallerTrees(failure.program.tree);
  for (let from = 0; from < trees.length; from += TRIED_AT_ONCE) {
    const programs = trees
      .slice(from, from + TRIED_AT_ONCE)
      .map((tree): Program => ({ ...failure.program, tree }));
    const { compiled } = await compiler.compile(programs.map(caseOf));
    for (const each of compiled) {
      const mismatch = await mismatchOf(each, failure.records);
      const program = programs.find(
        (candidate) => caseOf(candidate).source === each.function.source,
      );
      if (mismatch !== null && program !== undefined) return { ...failure, program, mismatch };
    }
  }
  return null;
}

async function mismatchOf(
  compiled: CompiledCase,
  records: readonly unknown[],
): Promise<Mismatch | null> {
  const { mismatches } = await runCase(compiled, records, OPTIONS);
  return mismatches[0] ?? null;
}
