/** A cross-section of `npm run soak:kills`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isExact } from "./counts.ts";
import { countGuarantees, guaranteeTable } from "./guarantees.ts";
import { killRound } from "./kill-rounds.ts";

const KILLS = 4;

test("a job that is killed and started again has every line in its files once", async (t) => {
  const rounds = await Promise.all([2, 3].map((seed) => killRound(seed, KILLS)));
  for (const round of rounds) {
    t.diagnostic(JSON.stringify(round));
    assert.ok(isExact(round), JSON.stringify(round));
    assert.ok(round.kills + round.killsAtStart > 0 && round.lines > 0);
  }
});

test("under kills nothing is lost, and who is to be exact is", async (t) => {
  const guarantees = await countGuarantees(1);
  t.diagnostic(`\n${guaranteeTable(guarantees)}`);
  const [none, atLeastOnce, exactlyOnce] = guarantees;
  for (const { plain, exact } of guarantees) {
    assert.equal(plain.lost + plain.wrong + exact.lost + exact.wrong, 0);
  }
  assert.ok((none?.plain.duplicated ?? 0) > 0);
  assert.ok((atLeastOnce?.plain.duplicated ?? 0) > 0);
  assert.equal(exactlyOnce?.exact.duplicated, 0);
});
