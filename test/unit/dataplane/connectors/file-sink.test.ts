import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { after, before, test } from "node:test";

import fc from "fast-check";

import { BasePathBucketAssigner } from "../../../../dataplane/connectors/bucket-assigner.ts";
import { type Encoder, SimpleStringEncoder } from "../../../../dataplane/connectors/encoders.ts";
import { FileSink, type FileSinkBuilder } from "../../../../dataplane/connectors/file-sink.ts";
import { OutputFileConfig } from "../../../../dataplane/connectors/output-file-config.ts";
import {
  DefaultRollingPolicy,
  type DefaultRollingPolicyBuilder,
  OnCheckpointRollingPolicy,
  type PartFileInfo,
} from "../../../../dataplane/connectors/rolling-policy.ts";
import { toText } from "../../../../dataplane/formats/to-text.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { contentsOf, filesOf, SinkAttempt, STRING, writeBatches } from "./file-sink-harness.ts";
import { taskMemory } from "./reader-harness.ts";

let root = "";
let memory: TaskMemory;
let directories = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-sink-"));
  memory = await taskMemory();
});
after(() => rm(root, { recursive: true }));

function newDirectory(): string {
  directories += 1;
  return join(root, `out-${directories}`);
}

/** A sink of one directory; lines of text unless there is an encoder. */
function sinkInto<T>(directory: string, encoder?: Encoder<T>): FileSinkBuilder<T> {
  return FileSink.forRowFormat<T>(
    directory,
    encoder ?? new SimpleStringEncoder(),
  ).withBucketAssigner(new BasePathBucketAssigner());
}

const LINES: Encoder<string> = { encode: (record) => `${record}\n` };

async function written(
  type: DataType,
  records: readonly unknown[],
  batchRows = 100,
): Promise<string> {
  const directory = newDirectory();
  const attempt = await SinkAttempt.start(sinkInto(directory).build());
  await writeBatches(attempt.writer, memory, type, records, batchRows);
  await attempt.finish();
  const contents = records.length === 0 ? [""] : await contentsOf(directory);
  assert.equal(contents.length, 1);
  return contents.join();
}

const isFailure =
  (code: string, message = /./) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };

test("strings are written a line each, as UTF-8, lone surrogates replaced", async () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "é", "한", "𝄞", "\ud800", "\udfff", "long ".repeat(20)),
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      async (records, batchRows) => {
        const expected = records.map((record) => `${Buffer.from(record).toString()}\n`).join("");
        assert.equal(await written(STRING, records, batchRows), expected);
      },
    ),
    { seed: 111, numRuns: 60 },
  );
});

test("other records are written as print() shows them", async () => {
  const type: DataType = { kind: "TUPLE", fields: [STRING, { kind: "DOUBLE" }] };
  const records = [
    ["a", 1],
    ["é", 0.1],
    [null, -0],
  ];
  const expected = records.map((record) => `${toText(record, type)}\n`).join("");
  assert.equal(await written(type, records), expected);
  assert.match(expected, /^\(a,1\.0\)\n/);
});

test("more than the buffers hold arrives whole and in order", async () => {
  const records = Array.from(
    { length: 60_000 },
    (_, index) => `${index} ${"x".repeat(index % 130)}`,
  );
  assert.equal(await written(STRING, records, 4096), `${records.join("\n")}\n`);
  const large = ["a", "b".repeat(3_000_000), "c"];
  assert.equal(await written(STRING, large), `${large.join("\n")}\n`);
  const tuples = records.map((record) => [record]);
  const expected = records.map((record) => `(${record})\n`).join("");
  assert.equal(await written({ kind: "TUPLE", fields: [STRING] }, tuples, 4096), expected);
});

test("a file is hidden while it is in progress, and while it is pending", async () => {
  const directory = newDirectory();
  const sink = sinkInto(directory, LINES)
    .withRollingPolicy(OnCheckpointRollingPolicy.build())
    .withOutputFileConfig(
      OutputFileConfig.builder().withPartPrefix("words").withPartSuffix(".txt").build(),
    )
    .build();
  const attempt = await SinkAttempt.start(sink);
  await attempt.write("a", "b");
  await attempt.writer.flush(false);
  const [inProgress = ""] = await filesOf(directory, "hidden");
  assert.match(basename(inProgress), /^\.words-[0-9a-f-]{36}-0\.txt\.inprogress\.[0-9a-f-]{36}$/);
  assert.equal(await readFile(inProgress, "utf8"), "a\nb\n");
  await attempt.checkpoint();
  assert.deepEqual(await filesOf(directory), []);
  await attempt.commit();
  const [finished = ""] = await filesOf(directory);
  assert.match(basename(finished), /^words-[0-9a-f-]{36}-0\.txt$/);
  assert.deepEqual(await filesOf(directory, "hidden"), []);
  await attempt.write("c");
  await attempt.checkpoint();
  await attempt.commit();
  const names = (await filesOf(directory)).map((path) => basename(path));
  assert.deepEqual(names, [basename(finished), basename(finished).replace("-0.", "-1.")]);
  assert.deepEqual(await contentsOf(directory), ["a\nb\n", "c\n"]);
  await attempt.crash();
});

/** Records with the times they are written at; finished files after the end. */
async function rolled(
  policy: DefaultRollingPolicyBuilder,
  records: readonly (readonly [timeMs: number, record: string])[],
): Promise<readonly string[]> {
  const directory = newDirectory();
  const sink = sinkInto(directory, LINES)
    .withRollingPolicy(policy.build())
    .withBucketCheckInterval("1 s")
    .build();
  const attempt = await SinkAttempt.start(sink);
  for (const [timeMs, record] of records) {
    await attempt.time.moveTo(timeMs);
    await attempt.write(record);
  }
  await attempt.finish();
  return contentsOf(directory);
}

test("the default policy goes by size, age and time without a record", async () => {
  const policy = () => DefaultRollingPolicy.builder();
  const atOnce = ["one", "two", "three", "4"].map((record) => [0, record] as const);
  assert.deepEqual(await rolled(policy().withMaxPartSize(5), atOnce), [
    "one\ntwo\n",
    "three\n",
    "4\n",
  ]);
  const aging = policy().withRolloverInterval("10 s").withInactivityInterval("1 min");
  const steady = [0, 5_000, 8_999, 10_000, 19_998].map((timeMs) => [timeMs, `${timeMs}`] as const);
  assert.deepEqual(await rolled(aging, steady), ["0\n5000\n8999\n", "10000\n19998\n"]);
  const resting = policy().withInactivityInterval("4 s");
  const paused = [0, 3_999, 7_998, 11_998].map((timeMs) => [timeMs, `${timeMs}`] as const);
  assert.deepEqual(await rolled(resting, paused), ["0\n3999\n7998\n", "11998\n"]);
});

test("a policy of the user's sees the record that is next, and never leaves a file empty", async () => {
  const directory = newDirectory();
  const seen: string[] = [];
  const sink = sinkInto<string>(directory)
    .withRollingPolicy({
      shouldRollOnCheckpoint: () => false,
      shouldRollOnEvent: (part: PartFileInfo, element) => {
        seen.push(`${element} ${part.getSize()} ${part.getBucketId()}`);
        return true;
      },
      shouldRollOnProcessingTime: () => false,
    })
    .build();
  const attempt = await SinkAttempt.start(sink);
  await writeBatches(attempt.writer, memory, STRING, ["a", "bb", "c"], 2);
  await attempt.finish();
  assert.deepEqual(await contentsOf(directory), ["a\n", "bb\n", "c\n"]);
  assert.deepEqual(seen, ["bb 2 ", "c 3 "]);
});

test("records go to the buckets they are assigned to", async () => {
  const directory = newDirectory();
  const times: (number | null)[] = [];
  const build = (encoder?: Encoder<string>): FileSink<string> =>
    sinkInto<string>(directory, encoder)
      .withBucketAssigner({
        getBucketId: (element, context) => {
          times.push(context.timestamp());
          return `by/${element[0]}`;
        },
      })
      .build();
  const words = ["apple", "bean", "avocado", "cress", "beet"];
  const texts = await SinkAttempt.start(build());
  await writeBatches(texts.writer, memory, STRING, words);
  await texts.finish();
  const encoded = await SinkAttempt.start(build(LINES));
  await encoded.write(...words);
  await encoded.writer.write("corn", 5);
  await encoded.finish();
  const paths = await filesOf(directory);
  const buckets = paths.map((path) => relative(directory, path).split("/part-")[0]);
  assert.deepEqual(buckets, ["by/a", "by/a", "by/b", "by/b", "by/c", "by/c"]);
  const contents = (await contentsOf(directory)).join("").split("\n").sort();
  assert.deepEqual(contents, ["", ...words, ...words, "corn"].sort());
  assert.equal(times.at(-1), 5);
});

test("bucket ids that lead out of the directory are refused", async () => {
  for (const bucketId of ["../x", "/tmp/x", "a/../../b", 5 as unknown as string]) {
    const sink = sinkInto(newDirectory(), LINES)
      .withBucketAssigner({ getBucketId: () => bucketId })
      .build();
    const attempt = await SinkAttempt.start(sink);
    await assert.rejects(attempt.write("a"), isFailure("MR_FUNCTION_INVALID", /getBucketId/));
    await attempt.crash();
  }
});

test("an encoder decides what stands in the file", async () => {
  const directory = newDirectory();
  const encoder: Encoder<number> = {
    encode: (record) => (record % 2 === 0 ? `${record};é` : Buffer.alloc(300_000, record)),
  };
  const attempt = await SinkAttempt.start(sinkInto(directory, encoder).build());
  assert.equal(attempt.writer.writeBatch, undefined);
  const expected: Buffer[] = [];
  for (let record = 0; record < 20; ++record) {
    await attempt.write(record);
    expected.push(Buffer.from(encoder.encode(record) as Uint8Array));
  }
  await attempt.finish();
  const [path = ""] = await filesOf(directory);
  assert.ok((await readFile(path)).equals(Buffer.concat(expected)));
});

test("an encoder that throws or answers nonsense is MR_FUNCTION_THREW with the record", async () => {
  const throwing = (): string => {
    throw new RangeError("broken");
  };
  for (const encode of [throwing, () => 5 as unknown as string]) {
    const attempt = await SinkAttempt.start(sinkInto<object>(newDirectory(), { encode }).build());
    await assert.rejects(attempt.write({ id: 7 }), isFailure("MR_FUNCTION_THREW", /\{ id: 7 \}/));
    await attempt.crash();
  }
});

test("a place that cannot be written to is MR_SINK_FAILED with the name of the sink", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  for (const directory of [file, join(file, "below")]) {
    const attempt = await SinkAttempt.start(sinkInto(directory, LINES).build());
    await assert.rejects(attempt.write("a"), isFailure("MR_SINK_FAILED", /Sink sink/));
    await attempt.crash();
  }
});

test("a disk that takes no more is MR_SINK_FAILED, at the latest when flushed", async () => {
  const directory = newDirectory();
  await mkdir(directory);
  await symlink("/dev/full", join(directory, ".part.inprogress"));
  const inProgress = { tempPath: ".part.inprogress", path: "part", length: 0, creationTimeMs: 0 };
  const states = [{ bucketId: "", inProgress, toCompact: [], checkpoints: 0 }];
  const attempt = await SinkAttempt.start(sinkInto(directory, LINES).build(), {
    states,
    committables: [],
  });
  await attempt.write("a");
  await assert.rejects(attempt.checkpoint(), isFailure("MR_SINK_FAILED", /ENOSPC/));
  await assert.rejects(attempt.write("b"), isFailure("MR_SINK_FAILED", /ENOSPC/));
  await attempt.crash();
});

test("what makes no sense is refused when the sink is built", () => {
  const builder = FileSink.forRowFormat<string>("out");
  const nonsense = {} as never;
  for (const call of [
    () => FileSink.forRowFormat(""),
    () => FileSink.forRowFormat(3 as unknown as string),
    () => FileSink.forRowFormat("out", nonsense),
    () => builder.withRollingPolicy(nonsense),
    () => builder.withBucketAssigner(nonsense),
    () => builder.withOutputFileConfig(nonsense),
    () => builder.withBucketCheckInterval(0),
    () => builder.enableCompact(nonsense, nonsense),
    () => OutputFileConfig.builder().withPartPrefix("a/b").build(),
    () => DefaultRollingPolicy.builder().withMaxPartSize(0),
    () => DefaultRollingPolicy.builder().withRolloverInterval("-1 s"),
  ]) {
    assert.throws(call, isFailure("MR_FUNCTION_INVALID"));
  }
});

test("by default files lie in a directory for the hour", async () => {
  const directory = newDirectory();
  const sink = FileSink.forRowFormat(directory, LINES).build();
  const nowMs = new Date(2024, 1, 29, 7, 59, 59).getTime();
  const attempt = await SinkAttempt.start(sink, null, nowMs);
  await attempt.write("a");
  await attempt.time.moveTo(nowMs + 1000);
  await attempt.write("b");
  await attempt.finish();
  const buckets = (await filesOf(directory)).map((path) => relative(directory, path).split("/")[0]);
  assert.deepEqual(buckets, ["2024-02-29--07", "2024-02-29--08"]);
});
