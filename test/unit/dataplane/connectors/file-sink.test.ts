import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import fc from "fast-check";

import type { Encoder } from "../../../../dataplane/connectors/encoding-writer.ts";
import { FileSink, SimpleStringEncoder } from "../../../../dataplane/connectors/file-sink.ts";
import type { SinkWriter } from "../../../../dataplane/connectors/sink.ts";
import { RowWriter } from "../../../../dataplane/formats/row-writer.ts";
import { toText } from "../../../../dataplane/formats/to-text.ts";
import { BatchBuilder } from "../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../../../dataplane/memory/task-memory.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { DataType } from "../../../../dataplane/protocol/types.ts";
import { taskMemory } from "./reader-harness.ts";
import { writerContext } from "./writer-harness.ts";

let root = "";
let memory: TaskMemory;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-sink-"));
  memory = await taskMemory();
});
after(() => rm(root, { recursive: true }));

/** Hands `records` to a writer in batches of `batchRows`, as a job does. */
async function writeBatches(
  writer: SinkWriter<unknown>,
  type: DataType,
  records: readonly unknown[],
  batchRows: number,
): Promise<void> {
  const builder = new BatchBuilder(memory, Schema.of({ record: type, key: null }));
  const options = { operator: "sink", maxRecordBytes: 1e8, missingFields: "refused" } as const;
  const rows = new RowWriter(builder, options);
  for (let at = 0; at < records.length; at += batchRows) {
    for (const record of records.slice(at, at + batchRows)) rows.write(record, null);
    rows.sync();
    await writer.writeBatch?.(builder);
    builder.reset();
    rows.attach();
  }
  builder.dispose();
}

async function written(
  directory: string,
  type: DataType,
  records: readonly unknown[],
  batchRows = 100,
): Promise<string> {
  const writer = await FileSink.forRowFormat<unknown>(directory)
    .build()
    .createWriter(writerContext());
  await writeBatches(writer, type, records, batchRows);
  await writer.flush(true);
  await writer.close();
  return readFile(join(directory, "part-0"), "utf8");
}

const STRING: DataType = { kind: "STRING" };

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
        assert.equal(await written(join(root, "strings"), STRING, records, batchRows), expected);
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
  assert.equal(await written(join(root, "tuples"), type, records), expected);
  assert.match(expected, /^\(a,1\.0\)\n/);
});

test("more than the buffers hold arrives whole and in order", async () => {
  const records = Array.from(
    { length: 60_000 },
    (_, index) => `${index} ${"x".repeat(index % 130)}`,
  );
  assert.equal(await written(join(root, "many"), STRING, records, 4096), `${records.join("\n")}\n`);
  const large = ["a", "b".repeat(3_000_000), "c"];
  assert.equal(await written(join(root, "large"), STRING, large), `${large.join("\n")}\n`);
  const tuples = records.map((record) => [record]);
  const expected = records.map((record) => `(${record})\n`).join("");
  assert.equal(
    await written(join(root, "texts"), { kind: "TUPLE", fields: [STRING] }, tuples, 4096),
    expected,
  );
});

test("each subtask has a part file of its own, made anew", async () => {
  const directory = join(root, "a/b");
  const sink = FileSink.forRowFormat<string>(directory, new SimpleStringEncoder()).build();
  for (const subtaskIndex of [0, 2]) {
    const writer = await sink.createWriter(writerContext({ subtaskIndex, parallelism: 3 }));
    await writeBatches(writer, STRING, [`of ${subtaskIndex}`], 1);
    await writer.flush(true);
    await writer.close();
  }
  assert.deepEqual((await readdir(directory)).sort(), ["part-0", "part-2"]);
  assert.equal(await readFile(join(directory, "part-2"), "utf8"), "of 2\n");
  assert.equal(await written(directory, STRING, []), "");
});

test("a flush brings out what was written so far", async () => {
  const directory = join(root, "flush");
  const writer = await FileSink.forRowFormat<unknown>(directory)
    .build()
    .createWriter(writerContext());
  await writeBatches(writer, STRING, ["a"], 1);
  await writer.flush(false);
  assert.equal(await readFile(join(directory, "part-0"), "utf8"), "a\n");
  await writer.close();
});

test("an encoder decides what stands in the file", async () => {
  const directory = join(root, "encoder");
  const encoder: Encoder<number> = {
    encode: (record) => (record % 2 === 0 ? `${record};é` : Buffer.alloc(300_000, record)),
  };
  const writer = await FileSink.forRowFormat(directory, encoder)
    .build()
    .createWriter(writerContext());
  assert.equal(writer.writeBatch, undefined);
  const expected: Buffer[] = [];
  for (let record = 0; record < 20; ++record) {
    await writer.write(record, null);
    expected.push(Buffer.from(encoder.encode(record) as Uint8Array));
  }
  await writer.flush(true);
  await writer.close();
  assert.ok((await readFile(join(directory, "part-0"))).equals(Buffer.concat(expected)));
});

test("an encoder that throws or answers nonsense is MR_FUNCTION_THREW with the record", async () => {
  const throwing = (): string => {
    throw new RangeError("broken");
  };
  for (const encode of [throwing, () => 5 as unknown as string]) {
    const sink = FileSink.forRowFormat<object>(join(root, "throws"), { encode }).build();
    const writer = await sink.createWriter(writerContext());
    assert.throws(
      () => void writer.write({ id: 7 }, null),
      (error) =>
        error instanceof EngineError &&
        error.code === "MR_FUNCTION_THREW" &&
        error.details.record === "{ id: 7 }",
    );
    await writer.close();
  }
});

test("a place that cannot be written to is MR_SINK_FAILED with the name of the sink", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  for (const directory of [file, join(file, "below")]) {
    const sink = FileSink.forRowFormat<string>(directory).build();
    await assert.rejects(sink.createWriter(writerContext()), (error) => {
      return (
        error instanceof EngineError &&
        error.code === "MR_SINK_FAILED" &&
        error.details.operator === "sink"
      );
    });
  }
});

test("a disk that takes no more is MR_SINK_FAILED, at the latest when flushed", async () => {
  const directory = join(root, "full");
  await mkdir(directory);
  await symlink("/dev/full", join(directory, "part-0"));
  const writer = await FileSink.forRowFormat<unknown>(directory)
    .build()
    .createWriter(writerContext());
  const isFull = (error: unknown): boolean =>
    error instanceof EngineError && error.code === "MR_SINK_FAILED" && /ENOSPC/.test(error.message);
  await writeBatches(writer, STRING, ["a"], 1);
  await assert.rejects(async () => writer.flush(true), isFull);
  await assert.rejects(writeBatches(writer, STRING, ["b"], 1), isFull);
  await writer.close();
});

test("directories and encoders that make no sense are refused", () => {
  for (const call of [
    () => FileSink.forRowFormat(""),
    () => FileSink.forRowFormat(3 as unknown as string),
    () => FileSink.forRowFormat("out", {} as Encoder<string>),
  ]) {
    assert.throws(
      call,
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  }
});
