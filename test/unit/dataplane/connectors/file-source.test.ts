import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

import fc from "fast-check";

import { FileSource, TextLineInputFormat } from "../../../../dataplane/connectors/file-source.ts";
import type { FileSplit } from "../../../../dataplane/connectors/file-split.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import {
  assignedSplits,
  ColumnOutput,
  type RecordingContext,
  readerContext,
  taskMemory,
} from "./reader-harness.ts";

let root = "";
let memory: TaskMemory;
let liveBytes = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-lines-"));
  memory = await taskMemory(400_000_000);
  new ColumnOutput<string>(memory, { kind: "STRING" }).dispose();
  liveBytes = memory.liveBytes;
});

after(async () => {
  await rm(root, { recursive: true });
  assert.equal(memory.liveBytes, liveBytes, "all readers together have given all memory back");
  assert.equal(memory.manager.borrowed, memory.byteLength, "and all read buffers");
});

interface Reading {
  readonly splitBytes?: number;
  readonly bufferBytes?: number;
  readonly rowCapacity?: number;
  readonly context?: RecordingContext;
}

function sourceOf(path: string, reading: Reading): FileSource {
  const { splitBytes = 1_000_000, bufferBytes = 65_536 } = reading;
  return FileSource.forRecordStreamFormat(new TextLineInputFormat(), path)
    .setSplitBytes(splitBytes)
    .setReadBufferBytes(bufferBytes)
    .build();
}

/** Reads splits with one reader, `polls` times at most; answers the lines and what is left. */
async function readSplits(
  source: FileSource,
  splits: readonly FileSplit[],
  reading: Reading = {},
  polls = Number.POSITIVE_INFINITY,
): Promise<{ lines: readonly string[]; rest: readonly FileSplit[] }> {
  const { rowCapacity = 4096, context = readerContext({}, memory) } = reading;
  const output = new ColumnOutput<string>(memory, { kind: "STRING" }, rowCapacity);
  const reader = source.createReader(context);
  try {
    await reader.start();
    reader.addSplits(splits);
    reader.notifyNoMoreSplits();
    for (let poll = 0; poll < polls; ) {
      const result = reader.pollNext(output);
      if (result === "end") break;
      if (result === "nothing") await reader.isAvailable();
      else ++poll;
      if (result === "more") output.ship();
    }
    output.ship();
    return { lines: output.all, rest: reader.snapshotState() };
  } finally {
    await reader.close();
    output.dispose();
  }
}

async function readFile(path: string, reading: Reading = {}): Promise<readonly string[]> {
  const source = sourceOf(path, reading);
  const [splits = []] = await assignedSplits(source, 1);
  return (await readSplits(source, splits, reading)).lines;
}

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const path = join(root, name);
  await writeFile(path, content);
  return path;
}

/** What lines a text has: the rule, without ranges, chunks or batches. */
function linesOf(text: string): readonly string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, index) => {
    const endsWithNewline = index < lines.length - 1 || text.endsWith("\n");
    return endsWithNewline && line.endsWith("\r") ? line.slice(0, -1) : line;
  });
}

const texts = fc
  .array(
    fc.constantFrom("\n", "\r\n", "\r", "a", "bcd", "é", "€", "𝄞", "\0", "\ufeff", "x".repeat(70)),
    {
      maxLength: 80,
    },
  )
  .map((parts) => parts.join(""))
  .filter((text) => !text.startsWith("\ufeff"));

const readings = fc.record({
  splitBytes: fc.integer({ min: 1, max: 64 }),
  bufferBytes: fc.integer({ min: 1, max: 80 }),
  rowCapacity: fc.integer({ min: 1, max: 9 }),
});

test("the splits of a file, of any size, give its lines once each and in order", async () => {
  await fc.assert(
    fc.asyncProperty(texts, readings, async (text, reading) => {
      const path = await fileOf("random.txt", text);
      const source = sourceOf(path, reading);
      const [splits = []] = await assignedSplits(source, 1);
      const found: string[] = [];
      for (const split of splits) found.push(...(await readSplits(source, [split], reading)).lines);
      assert.deepEqual(found, linesOf(text));
    }),
    { seed: 71, numRuns: 150 },
  );
});

test("one reader of many splits gives the same lines", async () => {
  await fc.assert(
    fc.asyncProperty(texts, readings, async (text, reading) => {
      const path = await fileOf("random.txt", text);
      assert.deepEqual(await readFile(path, reading), linesOf(text));
    }),
    { seed: 72, numRuns: 100 },
  );
});

test("restored after any number of polls, of a plain or a compressed file, no line is lost or repeated", async () => {
  await fc.assert(
    fc.asyncProperty(texts, readings, fc.boolean(), async (text, reading, isCompressed) => {
      const name = isCompressed ? "restored.gz" : "restored.txt";
      const path = await fileOf(name, isCompressed ? gzipSync(text) : text);
      const source = sourceOf(path, reading);
      const [splits = []] = await assignedSplits(source, 1);
      const found: string[] = [];
      let left: readonly FileSplit[] = splits;
      for (let round = 0; left.length > 0 && round < 500; ++round) {
        const { lines, rest } = await readSplits(source, left, reading, 1);
        found.push(...lines);
        left = JSON.parse(JSON.stringify(rest)) as readonly FileSplit[];
      }
      assert.deepEqual(found, linesOf(text));
    }),
    { seed: 73, numRuns: 40 },
  );
});

test("a position is the offset of the next unread line", async () => {
  const path = await fileOf("position.txt", "one\r\ntwö\nthree");
  const source = sourceOf(path, {});
  const [splits = []] = await assignedSplits(source, 1);
  const positions: number[] = [];
  let left: readonly FileSplit[] = splits;
  while (left.length > 0) {
    left = (await readSplits(source, left, { rowCapacity: 1 }, 1)).rest;
    positions.push(...left.map((split) => split.position));
  }
  assert.deepEqual(positions, [5, 10]);
});

test("readers that run side by side share a file without gap or overlap", async () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, index) => `line ${index} ${"€".repeat(index % 40)}`,
  );
  const path = await fileOf("shared.txt", `${lines.join("\n")}\n`);
  const source = sourceOf(path, { splitBytes: 50_000 });
  const shares = await assignedSplits(source, 4);
  assert.ok(shares.every((splits) => splits.length > 3));
  const found = await Promise.all(shares.map((splits) => readSplits(source, splits)));
  assert.deepEqual(new Set(found.flatMap((share) => share.lines)), new Set(lines));
  assert.equal(
    found.reduce((sum, share) => sum + share.lines.length, 0),
    lines.length,
  );
});

test("a compressed file of several members is read as one text", async () => {
  const path = await fileOf("members.gz", Buffer.concat([gzipSync("a\nb"), gzipSync("c\r\nd")]));
  assert.deepEqual(await readFile(path), ["a", "bc", "d"]);
});

test("a compressed file much larger than the buffers is read as it streams", async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `${index}:${"y".repeat(index % 90)}`);
  const path = await fileOf("large.gz", gzipSync(lines.join("\n")));
  assert.deepEqual(await readFile(path, { bufferBytes: 4096 }), lines);
});

test("lines longer than a buffer and a batch come whole", async () => {
  const long = "é".repeat(700_000);
  const path = await fileOf("long.txt", `a\n${long}\nb\n${long}`);
  assert.deepEqual(await readFile(path, { bufferBytes: 10_000 }), ["a", long, "b", long]);
});

test("a line above maxRecordBytes fails the read with its size, one of that size does not", async () => {
  const context = (): RecordingContext => readerContext({ maxRecordBytes: 1000 }, memory);
  const fits = await fileOf("fits.txt", `${"x".repeat(1000)}\r\n${"y".repeat(1000)}`);
  assert.equal((await readFile(fits, { context: context(), bufferBytes: 64 })).length, 2);
  for (const [name, text] of [
    ["inside", `a\n${"x".repeat(1001)}\nb`],
    ["last", `a\n${"x".repeat(2000)}`],
  ] as const) {
    for (const bufferBytes of [64, 65_536]) {
      const path = await fileOf(`too-long-${name}.txt`, text);
      await assert.rejects(readFile(path, { context: context(), bufferBytes }), (error) => {
        assert.ok(error instanceof EngineError && error.code === "MR_RECORD_TOO_LARGE");
        assert.ok(Number(error.details.bytes) > 1000);
        return error.details.limit === 1000;
      });
    }
  }
});

test("bytes that are not UTF-8 are replaced and counted, also across buffers", async () => {
  const bytes = Buffer.concat([
    Buffer.from("é"),
    Buffer.from([0xe2, 0x82]),
    Buffer.from("\nok€\n"),
    Buffer.from([0xff]),
  ]);
  for (const bufferBytes of [1, 2, 3, 1000]) {
    const context = readerContext({}, memory);
    const path = await fileOf("invalid.txt", bytes);
    assert.deepEqual(await readFile(path, { bufferBytes, context }), ["é\ufffd", "ok€", "\ufffd"]);
    assert.equal(context.malformed, 2);
  }
});

test("a byte order mark at the start of a file is left out, anywhere else it is text", async () => {
  const cases: readonly [text: string, lines: readonly string[]][] = [
    ["\ufeffa\n\ufeffb", ["a", "\ufeffb"]],
    ["\ufeff\nb", ["", "b"]],
    ["\ufeff", []],
    ["\ufeff\ufeff", ["\ufeff"]],
    ["a", ["a"]],
    ["\n", [""]],
  ];
  for (const [text, lines] of cases) {
    for (const splitBytes of [1, 2, 3, 4, 1000]) {
      const path = await fileOf("mark.txt", text);
      assert.deepEqual(
        await readFile(path, { splitBytes, bufferBytes: 1 }),
        lines,
        `${splitBytes}`,
      );
    }
    assert.deepEqual(await readFile(await fileOf("mark.gz", gzipSync(text))), lines);
  }
});

test("an empty file has no lines, and many files follow each other", async () => {
  const names = ["a", "b", "c"];
  for (const name of names)
    await fileOf(`many-${name}.txt`, name === "b" ? "" : `${name}1\n${name}2`);
  assert.deepEqual(await readFile(join(root, "many-*.txt")), ["a1", "a2", "c1", "c2"]);
});

test("a file that is gone, or cannot be read, when its turn comes fails with its path", async () => {
  const split = { compression: "none", start: 0, end: 10, position: 0 } as const;
  for (const [path, code] of [
    [join(root, "gone"), "MR_SOURCE_NOT_FOUND"],
    [root, "MR_SOURCE_UNREADABLE"],
  ] as const) {
    const source = sourceOf(path, {});
    await assert.rejects(
      readSplits(source, [{ ...split, path }]),
      (error) => error instanceof EngineError && error.code === code && error.details.path === path,
    );
  }
});

test("a compressed file that is broken or cut off fails after the lines before", async () => {
  const whole = gzipSync(Array.from({ length: 9000 }, (_, index) => `${index * 7919}`).join("\n"));
  const broken = Buffer.from(whole);
  broken.fill(0xaa, 10_000, 10_200);
  for (const [name, bytes] of [
    ["cut", whole.subarray(0, -400)],
    ["broken", broken],
    ["plain", Buffer.from("text\n")],
  ] as const) {
    const path = await fileOf(`${name}.gz`, bytes);
    await assert.rejects(
      readFile(path),
      (error) =>
        error instanceof EngineError &&
        error.code === "MR_SOURCE_UNREADABLE" &&
        error.details.path === path,
    );
  }
});

test("a file that has become shorter since it was split ends early", async () => {
  const path = await fileOf("shrunk.txt", "a\nb\nc\nd\n");
  const source = sourceOf(path, { splitBytes: 4 });
  const [splits = []] = await assignedSplits(source, 1);
  await writeFile(path, "a\nb");
  assert.deepEqual((await readSplits(source, splits)).lines, ["a", "b"]);
});

test("a reader closed while it reads leaves nothing behind", async () => {
  const path = await fileOf("closed.txt", "line\n".repeat(100_000));
  const source = sourceOf(path, { bufferBytes: 1000 });
  const [splits = []] = await assignedSplits(source, 1);
  for (const polls of [0, 1, 3]) await readSplits(source, splits, { rowCapacity: 10 }, polls);
  assert.equal(memory.manager.borrowed, memory.byteLength);
});

test("splits are asked for one ahead, until there are no more", async () => {
  const path = await fileOf("asked.txt", "a\nb\nc\n");
  const source = sourceOf(path, { splitBytes: 2 });
  const [splits = []] = await assignedSplits(source, 1);
  const context = readerContext({}, memory);
  const reader = source.createReader(context);
  const output = new ColumnOutput<string>(memory, { kind: "STRING" });
  await reader.start();
  assert.equal(context.requests, 1);
  assert.equal(reader.pollNext(output), "nothing");
  assert.equal(context.requests, 1);
  reader.addSplits(splits.slice(0, 1));
  await reader.isAvailable();
  reader.pollNext(output);
  assert.equal(context.requests, 2);
  reader.notifyNoMoreSplits();
  while (reader.pollNext(output) !== "end") await reader.isAvailable();
  assert.equal(context.requests, 2);
  output.ship();
  assert.deepEqual(output.all, ["a"]);
  await reader.close();
  output.dispose();
});

test("builders take what Flink's take and refuse what makes no sense", () => {
  const wrong: readonly (() => unknown)[] = [
    () => FileSource.lines(),
    () => FileSource.lines(7 as unknown as string),
    () => FileSource.forRecordStreamFormat({} as TextLineInputFormat, "a"),
    () => new TextLineInputFormat("latin1"),
    () => FileSource.forRecordStreamFormat(new TextLineInputFormat("utf8"), "a").setSplitBytes(0),
    () => FileSource.forRecordStreamFormat(new TextLineInputFormat(), "a").setReadBufferBytes(0.5),
  ];
  for (const call of wrong) {
    assert.throws(
      call,
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
  const source = FileSource.lines("a.txt", "b.txt");
  assert.deepEqual(source.producedType, { kind: "STRING" });
  assert.equal(source.boundedness, "BOUNDED");
  assert.match(source.description, /a\.txt, b\.txt/);
});
