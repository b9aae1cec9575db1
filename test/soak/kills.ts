/**
 * `npm run soak:kills -- --kills 1000 [--seed 1]`: jobs run by the command line are killed at random moments and
 * started again, at random parallelisms, until they end; threads of theirs end themselves, too. Nothing may be
 * lost, twice or wrong in their files. A table says what the guarantees of checkpointing are worth without them.
 */
import { parseArgs } from "node:util";
import { isExact } from "../crash/counts.ts";
import { countGuarantees, guaranteeTable } from "../crash/guarantees.ts";
import { killRound, NO_KILLS, sumOfKills } from "../crash/kill-rounds.ts";

const KILLS_PER_ROUND = 25;
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const wanted = Number(values.kills);
let nextSeed = Number(values.seed);
let totals = NO_KILLS;

console.log(guaranteeTable(await countGuarantees(nextSeed)));
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (totals.kills < wanted) {
      const most = Math.min(KILLS_PER_ROUND, Math.ceil((wanted - totals.kills) / AT_ONCE));
      const round = await killRound(nextSeed++, most);
      totals = sumOfKills(totals, round);
      console.log(JSON.stringify(totals));
    }
  }),
);
if (!isExact(totals)) process.exitCode = 1;
