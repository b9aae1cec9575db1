import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { projectRoot } from "../project-root.ts";
import { isEqual } from "./comparison.ts";
import { DEPARTURES } from "./departures.ts";
import { KINDS } from "./kinds.ts";
import { countOutcomes, renderEngines, renderReport, runTopics } from "./runner.ts";
import { readTopics } from "./vectors.ts";

/** Its function puts a string together from the one before, which is not compiled; it has timers. */
const IN_JAVASCRIPT = ["09-rolling-aggregations/reduce", "17-jobs/bounded-processing-timer"];
/** Of operators that are JavaScript on either engine. */
const JAVASCRIPT_TOPICS: ReadonlySet<string> = new Set([
  "01-tumbling-event-time",
  "02-sliding-event-time",
  "03-session-windows",
  "04-processing-time-windows",
  "05-count-windows",
  "06-triggers-evictors",
  "08-watermarks",
  "10-keyed-process-timers",
  "11-keyed-state",
  "12-two-inputs-joins",
  "13-async",
]);
/** So that a kind that loses its support does not go unnoticed. */
const PASSING_AT_LEAST = 221;

const topics = readTopics(join(projectRoot, "test/conformance/operators"));

/** Pipelines of the study note's job, and some jobs, have a window. */
function isJavaScript(topic: string, name: string): boolean {
  return (
    JAVASCRIPT_TOPICS.has(topic) ||
    /^(seed-|wordcount-(tumbling|sliding)|bounded-(event|processing)-time$|union-with|rescale-windows)/.test(
      name,
    )
  );
}

for (const engine of ["auto", "js"] as const) {
  test(`every vector whose kind is supported passes (engine ${engine})`, async (t) => {
    const results = await runTopics(topics, engine, KINDS);
    const { passed, failed } = countOutcomes(results);
    assert.equal(failed, 0, renderReport(results));
    assert.ok(passed >= PASSING_AT_LEAST, renderReport(results));
    t.diagnostic(`engine ${engine}: ${renderEngines(results)}`);
    const ran = results
      .filter(({ topic, name }) => engine === "js" || !isJavaScript(topic, name))
      .flatMap(({ topic, name, engines }) =>
        engines.map((used) => ({ operator: `${topic}/${name}`, used })),
      );
    const inJs = ran.filter(({ used }) => used === "js").map(({ operator }) => operator);
    const expected = engine === "js" ? ran.map(({ operator }) => operator) : IN_JAVASCRIPT;
    assert.deepEqual(inJs, expected);
  });
}

test("every departure from the record belongs to a call of the vectors and differs from it", () => {
  const cases = topics.flatMap(({ cases }) => cases);
  for (const { name, args, result } of DEPARTURES) {
    const calls = cases.find((one) => one.name === name)?.calls ?? [];
    const call = calls.find((one) => isEqual(one.args, args));
    assert.ok(call !== undefined, `${name} has no such call`);
    assert.ok(!isEqual(call.result, result), `${name} departs from nothing`);
  }
});
