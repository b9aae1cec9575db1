/** What the examples run on: each operator's engine, and that engines make no difference to the output. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Explanation } from "../../control/plan/explanation.ts";
import { type Outcome, projectRoot, runCli } from "./cli.ts";

const COUNT = ["Local Keyed Aggregation: wasm", "Keyed Aggregation: wasm"];
const STREAMED_COUNT = ["Flat Map: wasm", "Map: wasm", "Keyed Aggregation: wasm"];
const REDUCE = "Keyed Reduce: wasm";
const PROCESS = "js (process functions and rich functions with state are JavaScript)";
const PROCESSING_TIME = "js (windows of processing time run in JavaScript)";
const GENERATOR = "js (its watermark generator is called in JavaScript)";
const EVENT_TIME = [
  "Map: wasm",
  ...["Local TumblingEventTimeWindows: wasm", "TumblingEventTimeWindows: wasm"],
];
const WORDS = ["Flat Map: wasm", "Map: wasm"];
const STUDY_NOTE: Readonly<Record<string, readonly string[]>> = {
  connect: ["Co-Map: js (functions of two inputs are not compiled)"],
  "count-window": [...WORDS, "GlobalWindows: js (global windows run in JavaScript)"],
  "event-time-bounded": ["Timestamps/Watermarks: wasm", ...EVENT_TIME],
  "event-time-by-hand": [`Timestamps/Watermarks: ${GENERATOR}`, ...EVENT_TIME],
  "keyed-process": ["Map: wasm", `KeyedProcess: ${PROCESS}`],
  "keyed-state": ["Map: wasm", `KeyedProcess: ${PROCESS}`],
  parallelism: STREAMED_COUNT,
  "rich-filter": ["Map: wasm", `Filter: ${PROCESS}`],
  "rich-flat-map": ["Map: wasm", `Flat Map: ${PROCESS}`],
  checkpoints: STREAMED_COUNT,
  "rich-map": ["Map: wasm", `Map: ${PROCESS}`],
  "rolling-aggregations": [
    ...new Array<string>(5).fill("Keyed Aggregation: wasm"),
    "Keyed Reduce: wasm",
  ],
  "side-outputs": ["Map: wasm", `Process: ${PROCESS}`],
  "sliding-window": [...WORDS, `SlidingProcessingTimeWindows: ${PROCESSING_TIME}`],
  "socket-word-count": STREAMED_COUNT,
  "sorted-window": ["Map: wasm", `TumblingProcessingTimeWindows: ${PROCESSING_TIME}`],
  "sources-and-file-sink": ["Flat Map: wasm"],
  "split-select": [`Process: ${PROCESS}`],
  "tumbling-window": [...WORDS, `TumblingProcessingTimeWindows: ${PROCESSING_TIME}`],
  union: ["Map: wasm", "Keyed Aggregation: wasm"],
  "window-reduce": [...WORDS, `TumblingProcessingTimeWindows: ${PROCESSING_TIME}`],
};
const STUDY_NOTE_VERDICTS = Object.fromEntries(
  Object.entries(STUDY_NOTE).map(([name, verdicts]) => [
    `examples/study-note/${name}.ts`,
    verdicts,
  ]),
);
/** Of every operator that computes. */
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  "examples/access-log.ts": ["Flat Map: wasm", REDUCE, "Map: wasm"],
  "examples/bot-filter.ts": [
    ...["Map: wasm", "Filter: wasm", "Filter: wasm", "Map: wasm"],
    ...[...COUNT, "Filter: wasm"],
  ],
  "examples/enrich-orders.ts": [
    ...["Map: wasm", "Filter: wasm", "Local Keyed Aggregation: wasm"],
    ...["Filter: wasm", "Map: wasm", "Local Keyed Aggregation: wasm"],
    ...["Keyed Aggregation: wasm", "Map: wasm", "Keyed Aggregation: wasm"],
  ],
  "examples/ngrams.ts": [
    ...["Flat Map: wasm", "Filter: wasm", "Map: wasm"],
    ...[...COUNT, "Filter: wasm"],
  ],
  "examples/sensor-average.ts": [
    ...["Filter: wasm", "Map: wasm", "Filter: wasm", "Map: wasm", REDUCE, "Map: wasm"],
  ],
  "examples/word-count.ts": ["Flat Map: wasm", "Filter: wasm", "Map: wasm", ...COUNT],
  ...STUDY_NOTE_VERDICTS,
};

/** Programs of the study note that read a socket or a file of the user: study-note.test.ts runs them. */
function needsArguments(example: string): boolean {
  const program = readFileSync(join(projectRoot, example), "utf8");
  return example.startsWith("examples/study-note/") && program.includes("process.argv");
}

async function verdictsOf(example: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runCli(["explain", example, "--json"]);
  assert.equal(code, 0, stderr);
  const { tasks } = JSON.parse(stdout) as Explanation;
  return tasks
    .flatMap(({ operators }) => operators)
    .filter(({ reason }) => reason !== "connector")
    .map(
      ({ name, engine, reason }) => `${name}: ${engine}${reason === null ? "" : ` (${reason})`}`,
    );
}

/** Lines in any order, without times. */
function answerOf({ code, stdout, stderr }: Outcome): readonly string[] {
  assert.equal(code, 0, stderr);
  const answer = stdout.split("\n").filter((line) => line !== "" && !/ in \d.* s /.test(line));
  assert.notDeepEqual(answer, []);
  return answer.sort();
}

function wasmOperators({ stderr }: Outcome): readonly string[] {
  const names = /^ {2}wasm: (.*)$/m.exec(stderr)?.[1] ?? "";
  return names === "none" ? [] : names.split(", ").sort();
}

test("explain says of every operator of every example on what it runs, and why", async () => {
  const programs = ["examples", "examples/study-note"].flatMap((folder) =>
    readdirSync(join(projectRoot, folder))
      .filter((name) => name.endsWith(".ts") && name !== "print-top.ts")
      .map((name) => `${folder}/${name}`),
  );
  assert.deepEqual(programs.toSorted(), Object.keys(VERDICTS).toSorted());
  for (const [example, expected] of Object.entries(VERDICTS)) {
    assert.deepEqual(await verdictsOf(example), expected, example);
  }
});

for (const [example, verdicts] of Object.entries(VERDICTS)) {
  if (needsArguments(example)) continue;
  test(`${example} puts out the same on both engines, and runs on what explain says`, async () => {
    const wasm = verdicts.filter((verdict) => verdict.endsWith(": wasm"));
    const engine = wasm.length === verdicts.length ? "wasm" : "auto";
    const [compiled, own] = await Promise.all([
      runCli(["run", example, "--engine", engine], { MILLRACE_TIERING: "false" }),
      runCli(["run", example, "--engine", "js"]),
    ]);
    assert.deepEqual(answerOf(compiled), answerOf(own));
    assert.deepEqual(
      wasmOperators(compiled),
      wasm.map((verdict) => verdict.replace(": wasm", "")).sort(),
    );
    assert.deepEqual(wasmOperators(own), []);
  });
}

test("the README shows what explain prints", async () => {
  const readme = readFileSync(join(projectRoot, "README.md"), "utf8");
  const [, excerpt = ""] =
    /explain examples\/bot-filter\.ts -p 2`[^`]*```\n(.*?)```/s.exec(readme) ?? [];
  const { stdout } = await runCli(["explain", "examples/bot-filter.ts", "-p", "2"]);
  const lines = (text: string): readonly string[] =>
    text
      .replaceAll(projectRoot, "")
      .split("\n")
      .map((line) => line.trim().replace(/ {2,}/g, "  "));
  assert.ok(lines(excerpt).length > 5);
  const shown = lines(stdout).join("\n");
  assert.ok(shown.includes(lines(excerpt).join("\n").trim()), shown);
});
