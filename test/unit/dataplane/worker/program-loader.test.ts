import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { ProgramSpec } from "../../../../dataplane/protocol/program-spec.ts";
import type { LoadResult } from "./program-loader-thread.ts";

interface Loaded {
  readonly result: LoadResult;
  /** What the thread wrote to its standard streams. */
  readonly output: string;
}

async function load(name: string, changes: Partial<ProgramSpec> = {}): Promise<Loaded> {
  const program: ProgramSpec = {
    kind: "script",
    url: new URL(`fixtures/${name}.js`, import.meta.url).href,
    path: `/programs/${name}.ts`,
    args: ["-x", "1"],
    executeIndex: 2,
    earlierResults: ["a", "b"],
    settings: { parallelism: 3 },
    planHash: "abc",
    planText: "vertex 1\nvertex 2\nedge 1",
    ...changes,
  };
  const entry = new URL("program-loader-thread.js", import.meta.url);
  const worker = new Worker(entry, { workerData: program, stdout: true, stderr: true });
  const output = Promise.all([text(worker.stdout), text(worker.stderr)]);
  const [result] = (await once(worker, "message")) as [LoadResult];
  await worker.terminate();
  return { result, output: (await output).join("") };
}

test("a script hands its functions over: it sees earlier results, its settings and its own arguments", async () => {
  const { result } = await load("script-program");
  assert.deepEqual(result, {
    kind: "loaded",
    answers: [
      ["map/fn", 72],
      ["argv/fn", ["/programs/script-program.ts", "-x", "1"]],
      ["settings/fn", { parallelism: 3 }],
    ],
  });
});

test("what a program prints while it is loaded is dropped, what is printed afterwards is not", async () => {
  const { output } = await load("script-program");
  assert.equal(output, "after loading\n");
});

test("a program whose graph is another one is refused with the first line that differs", async () => {
  const changes = { planHash: "xyz", planText: "vertex 1\nvertex 9\nedge 1" };
  const { result } = await load("script-program", changes);
  assert.ok(result.kind === "refused");
  assert.equal(result.error.code, "MR_GRAPH_NOT_DETERMINISTIC");
  const difference = 'it has "vertex 2" where the main thread has "vertex 9"';
  assert.deepEqual(result.error.details, { worker: 3, difference });
});

test("a graph whose text is the same but whose hash is not is refused as well", async () => {
  const { result } = await load("script-program", { planHash: "xyz" });
  assert.ok(result.kind === "refused");
  assert.match(String(result.error.details.difference), /functions or settings/);
});

test("a program that ends without executing the job is refused", async () => {
  const { result, output } = await load("idle-program");
  assert.ok(result.kind === "refused");
  assert.equal(result.error.code, "MR_PROGRAM_NO_JOB");
  assert.deepEqual(result.error.details, { path: "/programs/idle-program.ts" });
  assert.equal(output, "");
});

test("what a program throws comes out as it is", async () => {
  const { result } = await load("broken-program");
  assert.deepEqual(result, { kind: "threw", name: "RangeError", message: "no such table" });
});

test("a module is given to the module runner with its arguments", async () => {
  const { result } = await load("module-program", { kind: "module" });
  const answer = { exported: { name: "job of a module" }, args: ["-x", "1"] };
  assert.deepEqual(result, { kind: "loaded", answers: [["module/fn", answer]] });
});

test("what the module runner refuses is refused", async () => {
  const { result } = await load("module-program", { kind: "module", args: [] });
  assert.ok(result.kind === "refused");
  assert.equal(result.error.code, "MR_PROGRAM_NO_JOB");
});
