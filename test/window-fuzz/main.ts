/**
 * Compares windows over random streams with a slow recomputation of the whole input, and prints the
 * smallest case that differs.
 *
 *   npm run fuzz:windows -- --runs 1000000 [--seed 1]
 */
import { parseArgs } from "node:util";
import fc from "fast-check";
import { windowCases } from "./cases.ts";
import { checkCase } from "./run-case.ts";

const ROUND_RUNS = 10_000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: String(process.hrtime.bigint() % 1_000_000_000n) },
  },
});
const runs = Number(values.runs);
let done = 0;
for (let seed = Number(values.seed); done < runs; seed += 1) {
  const numRuns = Math.min(ROUND_RUNS, runs - done);
  await fc.assert(fc.asyncProperty(windowCases, checkCase), { seed, numRuns });
  done += numRuns;
  process.stderr.write(`${done} cases (seed ${seed})\n`);
}
process.stdout.write(`${done} cases, no difference\n`);
