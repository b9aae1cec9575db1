/** The command line: results, output formats, exit codes, signals. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { projectRoot, runCli, startCli } from "./cli.ts";

const UNION = "examples/study-note/union.ts";
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-cli-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A program in a folder without the engine's package: only the command line can resolve it. */
async function program(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(
    path,
    `import { StreamExecutionEnvironment, defineJob } from "millrace";\n${body}`,
  );
  return path;
}

test("run prints the program's output and ends with a summary and exit code 0", async () => {
  const { code, stdout, stderr } = await runCli(["run", UNION]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trim().split("\n").sort();
  assert.deepEqual(lines, ["(jim,1)", "(lily,1)", "(rose,1)", "(tom,1)", "(tom,2)"]);
  assert.match(stderr, /FINISHED/);
  assert.match(stderr, /wasm: .*Keyed Aggregation/);
});

test("run --json writes one JSON object per event", async () => {
  const { code, stdout } = await runCli(["run", UNION, "--json"]);
  assert.equal(code, 0);
  const finished = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  assert.equal(finished.event, "finished");
  assert.equal(finished.rowsIn, 5);
  assert.equal(finished.rowsOut, 5);
});

test("run takes a job definition with its arguments", async () => {
  const path = await program(
    "definition.ts",
    `export default defineJob((env, args) => { env.fromElements(...args).map((x: string) => x.toUpperCase()).print(); });`,
  );
  const { code, stdout, stderr } = await runCli(["run", path, "-p", "1", "--", "a", "b"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "A\nB\n");
});

test("what user functions write at the very end reaches the terminal, too", async () => {
  const path = await program(
    "writes.ts",
    `import { RichMapFunction } from "millrace";
     class Farewell extends RichMapFunction {
       map(value) { return value; }
       close() { for (let n = 0; n < 100; n += 1) { console.log("out " + n); console.error("err " + n); } }
     }
     const env = StreamExecutionEnvironment.getExecutionEnvironment();
     env.fromElements(1).map(new Farewell()).filter(() => false).print();
     await env.execute();`,
  );
  const { code, stdout, stderr } = await runCli(["run", path, "-p", "1"]);
  assert.equal(code, 0, stderr);
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  assert.deepEqual(
    stdout.trim().split("\n"),
    numbers.map((n) => `out ${n}`),
  );
  assert.deepEqual(
    stderr.split("\n").filter((line) => line.startsWith("err")),
    numbers.map((n) => `err ${n}`),
  );
});

test("constants, tables and helpers of other files are compiled in, and the arguments too", async () => {
  await writeFile(
    join(folder, "captured-library.ts"),
    [
      "export const RATES: Record<string, number> = { EUR: 1.5, USD: 1 };",
      "export const clean = (text: string) => text.trim().toUpperCase();",
    ].join("\n"),
  );
  const path = await program(
    "captures.ts",
    [
      'import { clean, RATES } from "./captured-library.ts";',
      "const FACTOR = 100;",
      'export default defineJob((env, [least = "0"]) => {',
      "  const bound = Number(least);",
      '  env.fromElements(" eur", "usd ", "gbp")',
      "    .map((text: string) => [clean(text), (RATES[clean(text)] ?? 0) * FACTOR] as const)",
      "    .filter(([, rate]) => rate >= bound)",
      "    .print();",
      "});",
    ].join("\n"),
  );
  const args = ["run", path, "-p", "2", "--engine", "wasm", "--", "120"];
  const { code, stdout, stderr } = await runCli(args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\d> \(EUR,150\)\n$/);
  assert.match(stderr, /wasm: Map, Filter/);
});

test("explain names the file and line of a variable that may change", async () => {
  const path = await program(
    "changing.ts",
    [
      "const env = StreamExecutionEnvironment.getExecutionEnvironment();",
      "let factor = 1;",
      "factor += 1;",
      "env.fromElements(1, 2).map((n: number) => n * factor).print();",
      "await env.execute();",
    ].join("\n"),
  );
  const { code, stdout, stderr } = await runCli(["explain", path]);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /js: captures `factor`, which is assigned to at \S*changing\.ts:4:1 in `factor` \(\S*changing\.ts:5:47\)/,
  );
});

test("a failing function ends with exit code 1 and its position in the program's file", async () => {
  const path = await program(
    "fails.ts",
    [
      "const env = StreamExecutionEnvironment.getExecutionEnvironment();",
      "env.fromElements(1, 2).map((n: number) => {",
      "  if (n === 2) throw new RangeError('two is too many');",
      "  return n;",
      "}).print();",
      "await env.execute('fails');",
    ].join("\n"),
  );
  const { code, stderr } = await runCli(["run", path]);
  assert.equal(code, 1);
  assert.match(stderr, /MR_FUNCTION_THREW/);
  assert.match(stderr, /fails\.ts:4:\d+/);
  assert.match(stderr, /two is too many/);
});

test("explain --emit writes what compiled operators become", async () => {
  const path = await program(
    "emitted.ts",
    "export default defineJob((env) => { env.fromElements(1).map((n: number) => n * 7919).print(); });",
  );
  const emitted = join(folder, "emitted");
  const { code, stderr } = await runCli(["explain", path, "--emit", emitted]);
  assert.equal(code, 0, stderr);
  const files = (await readdir(emitted)).sort();
  const [text = "", wasm = "", wat = ""] = ["ts", "wasm", "wat"].map((extension) =>
    join(emitted, files.find((file) => file.endsWith(`.${extension}`)) ?? "absent"),
  );
  assert.equal(files.length, 3);
  assert.match(await readFile(text, "utf8"), /7919/);
  assert.ok(WebAssembly.validate(await readFile(wasm)));
  assert.match(await readFile(wat, "utf8"), /^\(module/);
});

test("wrong files, options and programs without a job end with exit code 2 and say what to do", async () => {
  const none = await program(
    "none.ts",
    "export const nothing = [StreamExecutionEnvironment, defineJob].length;",
  );
  const outcomes = await Promise.all([
    runCli(["run", "no-such-file.ts"]),
    runCli(["run", none]),
    runCli(["run", UNION, "-p", "0"]),
    runCli(["run", UNION], { MILLRACE_PARALELISM: "3" }),
    runCli(["frobnicate"]),
  ]);
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    [2, 2, 2, 2, 2],
  );
  assert.match(outcomes[0]?.stderr ?? "", /MR_PROGRAM_NOT_FOUND/);
  assert.match(outcomes[1]?.stderr ?? "", /MR_PROGRAM_NO_JOB/);
  assert.match(outcomes[3]?.stderr ?? "", /MILLRACE_PARALLELISM/);
});

test("-p is the client level: operators and the environment win over it", async () => {
  const { code, stdout, stderr } = await runCli([
    "explain",
    "examples/study-note/parallelism.ts",
    "-p",
    "5",
    "--json",
  ]);
  assert.equal(code, 0, stderr);
  const { tasks } = JSON.parse(stdout) as { tasks: { name: string; parallelism: number }[] };
  const parallelismOf = (name: RegExp) => tasks.find((task) => name.test(task.name))?.parallelism;
  assert.equal(parallelismOf(/^Flat Map/), 2);
  assert.equal(parallelismOf(/^Map/), 3);
  assert.equal(parallelismOf(/Aggregation|[Ss]um/), 5);
  assert.equal(parallelismOf(/Print to Std\. Out|^Sink: Print/), 1);
});

test("too few slots are refused with what is needed and what there is", async () => {
  const { code, stderr } = await runCli([
    "run",
    "examples/study-note/parallelism.ts",
    "-p",
    "4",
    "--slots",
    "2",
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /MR_SLOTS_NOT_ENOUGH.*needs 4, there are 2/);
});

test("engine wasm refuses operators that would run as JavaScript", async () => {
  const path = await program(
    "regular-expression.ts",
    [
      "const env = StreamExecutionEnvironment.getExecutionEnvironment();",
      "env.fromElements('a b').map((line: string) => line.replace(/(?<=a) .*/, '')).print();",
      "await env.execute('refused');",
    ].join("\n"),
  );
  const refused = await runCli(["run", path, "--engine", "wasm"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /MR_ENGINE_WASM_REFUSED.*Map \(uses a regular expression/);
  const { code, stdout, stderr } = await runCli(["run", UNION, "--engine", "wasm"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /\(tom,2\)/);
  assert.match(stderr, /wasm: Map, Keyed Aggregation/);
});

test("the first Ctrl-C cancels the job cleanly", async () => {
  const path = await program(
    "endless.ts",
    "const env = StreamExecutionEnvironment.getExecutionEnvironment();\n" +
      "env.fromSequence(1, Number.MAX_SAFE_INTEGER).filter((n: number) => n <= 2).print();\n" +
      "await env.execute('endless');",
  );
  const cli = startCli(["run", path, "-p", "1"]);
  await cli.until("2\n");
  cli.process.kill("SIGINT");
  const { code, stderr } = await cli.outcome;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /canceled/i);
});

test("doctor tells versions and machine as JSON", async () => {
  const { code, stdout } = await runCli(["doctor", "--json"]);
  assert.equal(code, 0);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string }[] };
  assert.equal(ok, true);
  assert.ok(checks.some(({ name }) => name === "kernels"));
  assert.ok(projectRoot.length > 0);
});

const SNAPSHOT = "test/unit/control/checkpoint/fixtures/version-1";

test("savepoint inspect tells operators, states, keys and bytes", async () => {
  const { code, stdout } = await runCli(["savepoint", "inspect", SNAPSHOT]);
  assert.equal(code, 0);
  assert.match(stdout, /^savepoint 1 of job fixture \(.*, 2025-11-24T16:00:00\.020Z, 1\.5 KiB/);
  assert.match(stdout, /│ user\/total +│ keyed +│ +3 │ +3 │/);
});

test("savepoint dispose refuses what is no savepoint with a code", async () => {
  const { code, stdout } = await runCli(["savepoint", "dispose", "examples", "--json"]);
  assert.equal(code, 1);
  const { code: errorCode } = JSON.parse(stdout) as { readonly code: string };
  assert.equal(errorCode, "MR_SAVEPOINT_FAILED");
});

test("savepoint inspect gives JSON, and refuses what is no snapshot with a code", async () => {
  const { stdout } = await runCli(["savepoint", "inspect", SNAPSHOT, "--json"]);
  const { operators } = JSON.parse(stdout) as {
    operators: { uid: string; states: { name: string; entries: number; keys: number | null }[] }[];
  };
  assert.deepEqual(
    operators.map(({ uid }) => uid),
    ["rolling-uid", "timers-uid", "windows-uid"],
  );
  const total = operators[1]?.states.find(({ name }) => name === "user/total");
  assert.deepEqual([total?.entries, total?.keys], [3, 3]);
  const refused = await runCli(["savepoint", "inspect", "examples", "--json"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stdout, /MR_SNAPSHOT_NOT_FOUND/);
});
