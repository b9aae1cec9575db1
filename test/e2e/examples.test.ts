/** The examples, each run as a person would, against expected output made another way. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { projectRoot, runCli, startCli } from "./cli.ts";

/** Top 20 words by the tools everybody has. */
function topWordsByShell(): string[] {
  const pipeline =
    "tr -s ' \\t\\r\\n\\f\\v' '\\n' < examples/data/shakespeare.txt | grep -v '^$' | sort | uniq -c | sort -k1,1nr -k2,2 | head -20";
  const output = execFileSync("sh", ["-c", pipeline], {
    cwd: projectRoot,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  return output
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).reverse().join(" "));
}

test("word count prints the same top 20 as tr, sort and uniq", async () => {
  const { code, stdout, stderr } = await runCli(["run", "examples/word-count.ts"]);
  assert.equal(code, 0, stderr);
  const rows = [...stdout.matchAll(/│ (\S+)\s+│ (\d+)\s+│/g)].map(
    ([, word, count]) => `${word} ${count}`,
  );
  assert.deepEqual(rows, topWordsByShell());
  assert.match(stderr, /rows\/s/);
});

test("union prints running counts over all three streams", async () => {
  const { stdout } = await runCli(["run", "examples/study-note/union.ts"]);
  assert.deepEqual(stdout.trim().split("\n").sort(), [
    "(jim,1)",
    "(lily,1)",
    "(rose,1)",
    "(tom,1)",
    "(tom,2)",
  ]);
});

test("parallelism runs each operator as often as its level says", async () => {
  const { stdout, stderr, code } = await runCli([
    "run",
    "examples/study-note/parallelism.ts",
    "-p",
    "4",
  ]);
  assert.equal(code, 0, stderr);
  const lines = stdout.trim().split("\n");
  const plain = lines.filter((line) => line.startsWith("("));
  assert.deepEqual(plain.sort(), ["(flink,1)", "(hello,1)", "(hello,1)", "(hello,1)", "(world,1)"]);
  // Flink's key groups: hello is in subtask 2 of 4, world in 3, flink in 4 (printed from 1).
  const counts = lines.filter((line) => line.startsWith("count"));
  assert.deepEqual(counts.sort(), [
    "count:2> (hello,1)",
    "count:2> (hello,2)",
    "count:2> (hello,3)",
    "count:3> (world,1)",
    "count:4> (flink,1)",
  ]);
});

test("socket word count counts what a server sends and ends when it closes", async () => {
  const server = createServer((socket) => {
    socket.write("hello world hello\nhel");
    socket.end("lo flink\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const cli = startCli([
    "run",
    "examples/study-note/socket-word-count.ts",
    "--",
    "127.0.0.1",
    String(port),
  ]);
  const { code, stdout, stderr } = await cli.outcome;
  server.close();
  assert.equal(code, 0, stderr);
  const expected = ["1> (hello,1)", "1> (hello,2)", "1> (hello,3)", "2> (flink,1)", "2> (world,1)"];
  assert.deepEqual(stdout.trim().split("\n").sort(), expected);
});
