/**
 * The programs of the study note that read a socket, each against output that follows from what Flink
 * does. A server sends them lines; they end when it closes the connection.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCli, type StartedCli, startCli } from "./cli.ts";

/** A program whose socket the test has in hand. */
interface Served extends StartedCli {
  send(...lines: readonly string[]): void;
  /** Closes the socket; lines of standard output when the job has ended. */
  end(): Promise<string[]>;
}

/** One subtask each, so that lines come in one order. */
async function serve(program: string, ...args: readonly string[]): Promise<Served> {
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? String(address.port) : "";
  const path = `examples/study-note/${program}.ts`;
  const cli = startCli(["run", path, "-p", "1", "--", "127.0.0.1", port, ...args]);
  const gone = cli.outcome.then(({ stderr }) =>
    assert.fail(`${program} did not connect: ${stderr}`),
  );
  const socket = await Promise.race([connected, gone]);
  gone.catch(() => undefined);
  server.close();
  const end = async (): Promise<string[]> => {
    socket.end();
    const { code, stdout, stderr } = await cli.outcome;
    assert.equal(code, 0, stderr);
    return linesOf(stdout);
  };
  return { ...cli, send: (...lines) => void socket.write(`${lines.join("\n")}\n`), end };
}

function linesOf(stdout: string): string[] {
  return stdout.split("\n").filter((line) => line !== "");
}

/** What programs without windows of time print, line for line. */
const PRINTED: Readonly<Record<string, { input: readonly string[]; output: readonly string[] }>> = {
  // hello fires at the 4th and 8th; its 9th, and world, never.
  "count-window": {
    input: ["hello hello world hello", "hello hello world", "hello hello hello hello world"],
    output: ["(hello,4)", "(hello,4)"],
  },
  "keyed-process": {
    input: ["tom,m,23", "rose,f,18", "tom,m,23"],
    output: ["hello", "hello", "hello", "key: rose", "key: tom", "key: tom"],
  },
  "keyed-state": {
    input: ["hello", "world", "hello", "hello"],
    output: ["hello-1", "world-1", "hello-1-1", "hello-1-1-1"],
  },
  "rich-map": { input: ["18", "20", "25", "28"], output: ["18", "2", "5", "3"] },
  "rich-flat-map": {
    input: ["18", "0", "5"],
    output: [
      ...["initial value: 0", "this number: 18", "difference: 18"],
      ...["last number: 18", "this number: 0", "difference: -18"],
      ...["last number: 0", "this number: 5", "difference: 5"],
    ],
  },
  "rich-filter": {
    input: ["18", "20", "25", "36"],
    output: ["(key,18)", "(key,36)", "mean so far: 19", "mean so far: 21", "mean so far: 24.75"],
  },
  "side-outputs": {
    input: ["tom,m,23", "rose,f,18", "jim,m,9", "lily,f,19"],
    output: [
      "main> +I[tom, m, 23]",
      "main> +I[lily, f, 19]",
      "side output 1> rose:18",
      "side output 2> jim",
    ],
  },
};
/** Print to standard output on their own too, so that only lines of the same origin have an order. */
const UNORDERED = new Set(["keyed-process", "rich-filter", "side-outputs"]);

for (const [program, { input, output }] of Object.entries(PRINTED)) {
  test(`${program} prints what Flink does`, async () => {
    const served = await serve(program);
    served.send(...input);
    const lines = await served.end();
    if (UNORDERED.has(program)) assert.deepEqual(lines.sort(), output.toSorted());
    else assert.deepEqual(lines, output);
  });
}

test("checkpoints counts words, and says that a socket cannot send again what was read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-study-note-"));
  try {
    const served = await serve("checkpoints", join(folder, "checkpoints"));
    served.send("hello world hello");
    assert.deepEqual(await served.end(), ["(hello,1)", "(world,1)", "(hello,2)"]);
    assert.match((await served.outcome).stderr, /cannot read again what it has read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("hdfs:// is refused, saying what to use", async () => {
  const path = "examples/study-note/checkpoints.ts";
  const args = ["localhost", "1", "hdfs://node:8020/checkpoints"];
  const { code, stderr } = await runCli(["run", path, "--", ...args]);
  assert.notEqual(code, 0);
  assert.match(stderr, /MR_CONFIG_INVALID/);
  assert.match(stderr, /mount such a file system/);
});

/** Windows of 3 s begin at 1645842000, ..45000, ..48000 and ..51000. */
const EVENTS = [
  ...["hello,1645844000,1", "hello,1645845000,2", "hello,1645846000,1", "hello,1645847000,3"],
  ...["hello,1645848000,1", "hello,1645849000,4", "hello,1645850000,1", "hello,1645851000,5"],
];

for (const program of ["event-time-by-hand", "event-time-bounded"]) {
  test(`${program} fires windows as the watermark passes them, and the rest at the end`, async () => {
    const served = await serve(program);
    // The watermark is 1645844999, the last ms of the first window, exactly: no 1 ms is taken away.
    served.send("hello,1645844000,1", "hello,1645845999,2");
    await served.until("(hello,1645844000,1)");
    // Its window has fired: late, and dropped. The other is behind the watermark, its window is not.
    served.send("hello,1645844500,100", "hello,1645845000,10", ...EVENTS.slice(5));
    await served.until("(hello,1645845999,12)");
    const lines = await served.end();
    assert.deepEqual(
      lines.filter((line) => line.startsWith("(")),
      [
        "(hello,1645844000,1)",
        "(hello,1645845999,12)",
        "(hello,1645849000,5)",
        "(hello,1645851000,5)",
      ],
    );
  });

  test(`${program} sums the records of the note`, async () => {
    const served = await serve(program);
    served.send(...EVENTS);
    const lines = await served.end();
    assert.deepEqual(
      lines.filter((line) => line.startsWith("(")),
      [
        "(hello,1645844000,1)",
        "(hello,1645845000,6)",
        "(hello,1645848000,6)",
        "(hello,1645851000,5)",
      ],
    );
    const times = EVENTS.map((event) => event.split(",")[1]);
    const logged = lines.flatMap((line) => /^event time: (\d+), /.exec(line)?.[1] ?? []);
    assert.deepEqual(logged, program === "event-time-by-hand" ? times : []);
  });
}

/** Sum of the counts printed for each word. */
function countsOf(stdout: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, word = "", count] of stdout.matchAll(/^\((\w+),(\d+)\)$/gm)) {
    counts[word] = (counts[word] ?? 0) + Number(count);
  }
  return counts;
}

/** Where windows of processing time begin is up to the clock, in how many windows a word is, is not. */
const WORD_COUNTS = [
  { program: "tumbling-window", args: ["300 ms"], windowsPerWord: 1 },
  { program: "sliding-window", args: ["600 ms", "300 ms"], windowsPerWord: 2 },
  { program: "window-reduce", args: ["0.3"], windowsPerWord: 1 },
] as const;

for (const { program, args, windowsPerWord } of WORD_COUNTS) {
  test(`${program} counts each word in ${windowsPerWord} of its windows`, async () => {
    const served = await serve(program, ...args);
    served.send("hello world hello", "hello flink");
    const expected = { hello: 3 * windowsPerWord, world: windowsPerWord, flink: windowsPerWord };
    const total = 5 * windowsPerWord;
    await served.until((stdout) => {
      const counts = Object.values(countsOf(stdout));
      return counts.reduce((sum, count) => sum + count, 0) >= total;
    });
    const lines = await served.end();
    assert.deepEqual(countsOf(lines.join("\n")), expected);
    assert.ok(
      lines.every((line) => /^\((hello|world|flink),[1-3]\)$/.test(line)),
      lines.join(),
    );
  });
}

test("sorted-window sorts the numbers of each key and window", async () => {
  const served = await serve("sorted-window", "300 ms");
  served.send("a,30", "b,7", "a,4", "a,100", "b,5");
  const numbersOf = (stdout: string, key: string): number[][] =>
    [...stdout.matchAll(new RegExp(`^key: ${key}, sorted: ([\\d ]+)$`, "gm"))].map(([, numbers]) =>
      (numbers ?? "").split(" ").map(Number),
    );
  await served.until(
    (stdout) => numbersOf(stdout, "a").flat().length + numbersOf(stdout, "b").flat().length === 5,
  );
  const stdout = (await served.end()).join("\n");
  const byValue = (a: number, b: number): number => a - b;
  for (const [key, sorted] of Object.entries({ a: [4, 30, 100], b: [5, 7] })) {
    const lists = numbersOf(stdout, key);
    assert.deepEqual(lists.flat().sort(byValue), sorted);
    for (const list of lists) assert.deepEqual(list, list.toSorted(byValue));
  }
});

test("sources-and-file-sink writes the words of a collection and of a file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-study-note-"));
  try {
    const file = join(folder, "lines.txt");
    const directory = join(folder, "out");
    writeFileSync(file, "to be\nor not");
    const path = "examples/study-note/sources-and-file-sink.ts";
    const { code, stderr } = await runCli(["run", path, "--", file, directory]);
    assert.equal(code, 0, stderr);
    const [part = "", ...others] = readdirSync(directory);
    assert.match(part, /^part-.+-0$/);
    assert.deepEqual(others, []);
    const words = linesOf(readFileSync(join(directory, part), "utf8"));
    assert.deepEqual(words.sort(), ["be", "flink", "hello", "hello", "not", "or", "to", "world"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

const LINES: Readonly<Record<string, readonly string[]>> = {
  "split-select": [
    ...["all> 1", "all> 2", "all> 3", "all> 4", "all> 5", "all> 6"],
    ...["even> 2", "even> 4", "even> 6", "odd> 1", "odd> 3", "odd> 5"],
  ],
  connect: ["jim: 23", "lily: 18", "rose: age unknown", "tom: age unknown"],
  "rolling-aggregations": [
    ...["max> (rose,7,rice)", "max> (tom,5,tea)", "max> (tom,5,tea)", "max> (tom,8,tea)"],
    ...["maxBy> (rose,7,rice)", "maxBy> (tom,5,tea)", "maxBy> (tom,5,tea)", "maxBy> (tom,8,salt)"],
    ...["min> (rose,7,rice)", "min> (tom,3,tea)", "min> (tom,3,tea)", "min> (tom,5,tea)"],
    ...["minBy> (rose,7,rice)", "minBy> (tom,3,milk)", "minBy> (tom,3,milk)", "minBy> (tom,5,tea)"],
    ...["reduce> (rose,7,rice)", "reduce> (tom,16,salt)", "reduce> (tom,5,tea)"],
    ...["reduce> (tom,8,milk)", "sum> (rose,7,rice)", "sum> (tom,16,tea)"],
    ...["sum> (tom,5,tea)", "sum> (tom,8,tea)"],
  ],
};

for (const [program, expected] of Object.entries(LINES)) {
  test(`${program} prints what Flink does`, async () => {
    const { code, stdout, stderr } = await runCli(["run", `examples/study-note/${program}.ts`]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(linesOf(stdout).sort(), expected);
  });
}
