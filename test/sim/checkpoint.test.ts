/**
 * The checkpoint coordinator under crashes, hangs, a bad disk and messages in any order. A seed replays its
 * run exactly: `npm run sim -- --seed N`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BUGS } from "./checkpoint/bugs.ts";
import { tryRun, violationOf } from "./checkpoint/run-seed.ts";

const SEEDS = 2_000;
/** Seeds within which a planted bug has to show. */
const BUG_SEEDS = 2_000;

test(`sim: checkpoint: ${SEEDS} seeds keep all invariants`, (context) => {
  const totals = { restarts: 0, completions: 0, faults: 0 };
  const statuses = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = tryRun(seed);
    if (typeof run === "string") assert.fail(run);
    totals.restarts += run.restarts;
    totals.completions += run.completions;
    totals.faults += run.faults;
    statuses.set(run.status, (statuses.get(run.status) ?? 0) + 1);
  }
  context.diagnostic(JSON.stringify({ ...totals, ...Object.fromEntries(statuses) }));
  // Seeds that draw nothing would keep everything.
  assert.ok(totals.restarts > SEEDS / 2 && totals.completions > SEEDS && totals.faults > SEEDS);
  for (const status of ["FINISHED", "FAILED", "CANCELED"]) {
    assert.ok((statuses.get(status) ?? 0) > SEEDS / 50, status);
  }
});

for (const [name, bug] of Object.entries(BUGS)) {
  test(`sim: checkpoint: is caught: ${name}`, (context) => {
    let found: string | null = null;
    for (let seed = 1; found === null && seed <= BUG_SEEDS; seed++) found = violationOf(seed, bug);
    context.diagnostic(found ?? "");
    assert.notEqual(found, null);
  });
}
