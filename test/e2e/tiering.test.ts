/** What jobs run on whose modules are not in the cache. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCli } from "./cli.ts";

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-tiering-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

interface OperatorSummary {
  readonly name: string;
  readonly engine: string;
  readonly reason: string | null;
}

/** What the summary says of the map of a program that is done at once, with an empty cache. */
async function mapOf(
  name: string,
  operation: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<OperatorSummary> {
  const path = join(folder, `${name}.ts`);
  const program = `import { defineJob } from "millrace";
    export default defineJob((env) => { env.fromElements(1, 2)${operation}.print(); });`;
  await writeFile(path, program);
  const { code, stdout, stderr } = await runCli(["run", path, "--json"], {
    ...variables,
    MILLRACE_CACHE_DIR: join(folder, name),
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\b3\n/);
  const summary = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
    readonly operators: readonly OperatorSummary[];
  };
  return summary.operators.find((operator) => operator.name === "Map") ?? assert.fail(stdout);
}

const MAP = ".map((n: number) => n * 2 + 1)";

test("an operator whose module comes too late is summed up as JavaScript", async () => {
  const { engine, reason } = await mapOf("late", MAP);
  assert.equal(engine, "js");
  assert.equal(reason, "its module was not there before the job ended");
});

test("without tiering the job waits for its modules", async () => {
  const { engine, reason } = await mapOf("waits", MAP, { MILLRACE_TIERING: "false" });
  assert.deepEqual([engine, reason], ["wasm", null]);
});

test("an operator that must be WebAssembly is waited for", async () => {
  const { engine, reason } = await mapOf("required", `${MAP}.engine("wasm")`);
  assert.deepEqual([engine, reason], ["wasm", null]);
});
