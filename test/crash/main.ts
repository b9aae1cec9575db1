/**
 * `npm run test:crash`: a job is killed at every crash point of the source, at its first, second and third hit, started
 * again at another parallelism, and its files compared with what the input says.
 *
 *   npm run test:crash [-- words of point names] [--engine js]
 */
import { parseArgs } from "node:util";
import { isExact, NO_COUNTS, sumOf } from "./counts.ts";
import { crashAt, prepareCrashed } from "./crash-at.ts";
import { crashPoints } from "./points.ts";

const HITS = [1, 2, 3];
const AT_ONCE = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: "string" }, seed: { type: "string", default: "1" } },
});
const engines = values.engine === undefined ? (["auto", "js"] as const) : [values.engine as "js"];
const names = [...new Set(crashPoints().map(({ name }) => name))]
  .filter((name) => positionals.length === 0 || positionals.some((word) => name.includes(word)))
  .toSorted();

let total = NO_COUNTS;
let [crashes, failures] = [0, 0];
const neverReached: string[] = [];
for (const engine of engines) {
  const prepared = await prepareCrashed(engine, Number(values.seed));
  const left = [...names];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        await tryPoint(name, engine, prepared);
      }
    }),
  );
  await prepared.remove();
}
const { lost, duplicated, wrong } = total;
const failed = failures > 0 || !isExact(total) || neverReached.length > 0;
if (neverReached.length > 0) console.log(`never reached: ${neverReached.join(", ")}`);
console.log(
  `${names.length} crash points x ${HITS.length} hits x ${engines.length} engines: ${crashes} crashes, ${failures} failed; ` +
    `lines ${total.lines}, lost ${lost}, duplicated ${duplicated}, wrong ${wrong}`,
);
if (failed) process.exitCode = 1;

async function tryPoint(
  name: string,
  engine: string,
  prepared: Awaited<ReturnType<typeof prepareCrashed>>,
): Promise<void> {
  const cells: string[] = [];
  let isReached = false;
  for (const hit of HITS) {
    try {
      const result = await crashAt(prepared, name, hit);
      total = sumOf(total, result);
      if (result.isReached) crashes += 1;
      isReached ||= result.isReached;
      const marks = `${result.lost}/${result.duplicated}/${result.wrong}`;
      cells.push(`${result.isReached ? "crashed" : "ended  "} ${marks}`);
    } catch (error) {
      failures += 1;
      cells.push(`failed: ${(error as Error).message}`);
    }
  }
  if (!isReached) neverReached.push(`${name} (${engine})`);
  console.log(`${engine.padEnd(4)} ${name.padEnd(38)} ${cells.join("   ")}`);
}
