/**
 * `npm run sim`: the checkpoint coordinator under as many seeds as wanted, or one seed again.
 *
 *   npm run sim -- --seeds 100000 [--from 1]
 *   npm run sim -- --seed 17
 */
import { parseArgs } from "node:util";
import { runSeed, violationOf } from "./checkpoint/run-seed.ts";

const FAILURES_SHOWN = 20;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
  },
});

if (values.seed !== undefined) {
  console.log(runSeed(Number(values.seed)));
} else {
  const from = Number(values.from);
  const count = Number(values.seeds);
  const failures: string[] = [];
  for (let seed = from; seed < from + count && failures.length < FAILURES_SHOWN; seed++) {
    const violation = violationOf(seed);
    if (violation !== null) failures.push(violation);
  }
  for (const failure of failures) console.error(failure);
  console.log(`${count} seeds from ${from}: ${failures.length} failed`);
  if (failures.length > 0) process.exitCode = 1;
}
