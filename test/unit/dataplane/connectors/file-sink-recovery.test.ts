import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";

import fc from "fast-check";

import { BasePathBucketAssigner } from "../../../../dataplane/connectors/bucket-assigner.ts";
import type { Encoder } from "../../../../dataplane/connectors/encoders.ts";
import {
  ConcatFileCompactor,
  FileCompactStrategy,
} from "../../../../dataplane/connectors/file-compaction.ts";
import { FileSink, type FileSinkBuilder } from "../../../../dataplane/connectors/file-sink.ts";
import {
  DefaultRollingPolicy,
  OnCheckpointRollingPolicy,
} from "../../../../dataplane/connectors/rolling-policy.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { shareOf } from "../../../../dataplane/worker/checkpoint/operator-shares.ts";
import { contentsOf, filesOf, SinkAttempt, type SinkSnapshot } from "./file-sink-harness.ts";

const LINES: Encoder<string> = { encode: (record) => `${record}\n` };

let root = "";
let directories = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "connectors-sink-recovery-"));
});
after(() => rm(root, { recursive: true }));

function newDirectory(): string {
  directories += 1;
  return join(root, `out-${directories}`);
}

function sinkInto(directory: string): FileSinkBuilder<string> {
  return FileSink.forRowFormat(directory, LINES).withBucketAssigner(new BasePathBucketAssigner());
}

const isFailure =
  (message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof EngineError && error.code === "MR_SINK_FAILED" && message.test(error.message);

test("a file in progress is cut off where the checkpoint saw it, and goes on", async () => {
  const directory = newDirectory();
  const sink = sinkInto(directory).build();
  const first = await SinkAttempt.start(sink);
  await first.write("a");
  const snapshot = await first.checkpoint();
  await first.write("lost");
  await first.writer.flush(false);
  const [path = ""] = await filesOf(directory, "hidden");
  await appendFile(path, "half a li");
  await first.crash();
  const second = await SinkAttempt.start(sink, snapshot);
  assert.deepEqual(await filesOf(directory, "hidden"), [path]);
  await second.write("b");
  await second.finish();
  assert.deepEqual(await contentsOf(directory), ["a\nb\n"]);
});

test("what was begun behind the checkpoint stays hidden for ever", async () => {
  const directory = newDirectory();
  const sink = sinkInto(directory).withRollingPolicy(OnCheckpointRollingPolicy.build()).build();
  const first = await SinkAttempt.start(sink);
  await first.write("a");
  const snapshot = await first.checkpoint();
  await first.commit();
  await first.write("lost");
  await first.checkpoint();
  await first.crash();
  const second = await SinkAttempt.start(sink, snapshot);
  await second.write("b");
  await second.finish();
  assert.deepEqual((await contentsOf(directory)).toSorted(), ["a\n", "b\n"]);
});

test("a pending file is committed by the restore, whether or not it was before", async () => {
  for (const crashesBefore of ["commit", "end of commit", "restore"]) {
    const directory = newDirectory();
    const sink = sinkInto(directory).withRollingPolicy(OnCheckpointRollingPolicy.build()).build();
    const first = await SinkAttempt.start(sink);
    await first.write("a");
    const snapshot = await first.checkpoint();
    if (crashesBefore !== "commit") await first.commit();
    if (crashesBefore === "restore") await rm((await filesOf(directory))[0] ?? "");
    await first.crash();
    const second = await SinkAttempt.start(sink, snapshot);
    const expected = crashesBefore === "restore" ? [] : ["a\n"];
    assert.deepEqual(await contentsOf(directory), expected, crashesBefore);
    await second.crash();
  }
});

test("a pending file that is longer than the checkpoint says is cut, a shorter one refused", async () => {
  const directory = newDirectory();
  const sink = sinkInto(directory).withRollingPolicy(OnCheckpointRollingPolicy.build()).build();
  const first = await SinkAttempt.start(sink);
  await first.write("a");
  const snapshot = await first.checkpoint();
  await first.crash();
  const [path = ""] = await filesOf(directory, "hidden");
  await truncate(path, 1);
  await assert.rejects(SinkAttempt.start(sink, snapshot), /has 1 bytes; 2 were written/);
  await appendFile(path, "\nmore");
  const second = await SinkAttempt.start(sink, snapshot);
  assert.deepEqual(await contentsOf(directory), ["a\n"]);
  await second.crash();
});

test("files that are gone or too short fail the restore, and the first commit", async () => {
  const directory = newDirectory();
  const sink = sinkInto(directory).build();
  const first = await SinkAttempt.start(sink);
  await first.write("a");
  const snapshot = await first.checkpoint();
  await first.crash();
  const [path = ""] = await filesOf(directory, "hidden");
  await truncate(path, 1);
  await assert.rejects(SinkAttempt.start(sink, snapshot), isFailure(/has 1 bytes; 2 were/));
  await rm(path);
  await assert.rejects(SinkAttempt.start(sink, snapshot), isFailure(/in progress, is gone/));
  const second = await SinkAttempt.start(sink);
  await second.write("b");
  await second.writer.flush(true);
  await rm((await filesOf(directory, "hidden"))[0] ?? "");
  await assert.rejects(second.finish(), /is not there/);
});

test("two files in progress of one bucket, after a restore with fewer subtasks, both end up finished", async () => {
  const directory = newDirectory();
  const sink = sinkInto(directory).build();
  const snapshots: SinkSnapshot[] = [];
  for (const record of ["a", "b"]) {
    const attempt = await SinkAttempt.start(sink);
    await attempt.write(record);
    snapshots.push(await attempt.checkpoint());
    await attempt.crash();
  }
  const merged = await SinkAttempt.start(sink, redistributed(snapshots, 1)[0]);
  await merged.write("c");
  await merged.finish();
  assert.deepEqual((await contentsOf(directory)).toSorted(), ["a\n", "b\nc\n"]);
});

test("small files are compacted before they are finished, and removed when that is safe", async () => {
  const directory = newDirectory();
  const build = (checkpoints: number): FileSink<string> =>
    sinkInto(directory)
      .withRollingPolicy(OnCheckpointRollingPolicy.build())
      .enableCompact(
        FileCompactStrategy.builder()
          .setSizeThreshold(1000)
          .enableCompactionOnCheckpoint(checkpoints)
          .build(),
        new ConcatFileCompactor(),
      )
      .build();
  const first = await SinkAttempt.start(build(3));
  let snapshot: SinkSnapshot | null = null;
  for (const record of ["a", "b"]) {
    await first.write(record);
    snapshot = await first.checkpoint();
    await first.commit();
  }
  await first.write("lost");
  await first.checkpoint();
  await first.crash();
  assert.deepEqual(await filesOf(directory), []);
  const second = await SinkAttempt.start(build(3), snapshot);
  await second.write("c");
  snapshot = await second.checkpoint();
  await second.crash();
  const third = await SinkAttempt.start(build(3), snapshot);
  assert.deepEqual(await contentsOf(directory), ["a\nb\nc\n"]);
  assert.match(basename((await filesOf(directory))[0] ?? ""), /^compacted-part-/);
  await third.write("x".repeat(1200));
  await third.checkpoint();
  await third.commit();
  assert.equal((await filesOf(directory)).length, 2);
  await third.write("end");
  await third.finish();
  const contents = (await contentsOf(directory)).join("").split("\n").toSorted();
  assert.deepEqual(contents, ["", "a", "b", "c", "end", "x".repeat(1200)]);
});

/** What the subtasks of a snapshot had, for others. */
function redistributed(snapshots: readonly SinkSnapshot[], parallelism: number): SinkSnapshot[] {
  const entries = snapshots.map(({ states, committables }) => [
    { name: "states", mode: "split", values: states } as const,
    { name: "committables", mode: "split", values: committables } as const,
  ]);
  return Array.from({ length: parallelism }, (_, index) => {
    const share = shareOf(entries, index, parallelism);
    const valuesOf = (wanted: string): unknown =>
      share.find(({ name }) => name === wanted)?.values ?? [];
    return { states: valuesOf("states"), committables: valuesOf("committables") } as SinkSnapshot;
  });
}

type Step =
  | { readonly kind: "write"; readonly records: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "checkpoint"; readonly isNoticed: boolean }
  | { readonly kind: "crash"; readonly parallelism: number; readonly torn: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), records: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  fc.record({ kind: fc.constant("checkpoint" as const), isNoticed: fc.boolean() }),
  fc.record({
    kind: fc.constant("crash" as const),
    parallelism: fc.integer({ min: 1, max: 3 }),
    torn: fc.constantFrom("", "torn", "torn line\n"),
  }),
);

/** A job of any parallelism that writes numbers one after the other, and starts again where a checkpoint was. */
class NumbersJob {
  readonly #sink: FileSink<string>;
  readonly #directory: string;
  #subtasks: SinkAttempt<string>[] = [];
  #next = 0;
  #nowMs = 0;
  /** The last checkpoint: numbers before `next` are in it. */
  #completed: { readonly next: number; readonly snapshots: readonly SinkSnapshot[] } | null = null;

  constructor(sink: FileSink<string>, directory: string) {
    this.#sink = sink;
    this.#directory = directory;
  }

  async start(parallelism: number): Promise<void> {
    const shares =
      this.#completed === null ? [] : redistributed(this.#completed.snapshots, parallelism);
    this.#next = this.#completed?.next ?? 0;
    this.#subtasks = [];
    for (let index = 0; index < parallelism; ++index) {
      const attempt = await SinkAttempt.start(this.#sink, shares[index] ?? null, this.#nowMs);
      this.#subtasks.push(attempt);
    }
  }

  async run(step: Step): Promise<void> {
    const subtasks = this.#subtasks;
    switch (step.kind) {
      case "write":
        for (let count = 0; count < step.records; ++count) {
          await subtasks[this.#next % subtasks.length]?.write(String(this.#next));
          this.#next += 1;
        }
        break;
      case "wait":
        this.#nowMs += step.ms;
        for (const subtask of subtasks) await subtask.time.moveTo(this.#nowMs);
        break;
      case "checkpoint": {
        const snapshots: SinkSnapshot[] = [];
        for (const subtask of subtasks) snapshots.push(await subtask.checkpoint());
        this.#completed = { next: this.#next, snapshots };
        if (step.isNoticed) for (const subtask of subtasks) await subtask.commit();
        break;
      }
      case "crash":
        for (const subtask of subtasks) await subtask.writer.flush(false);
        for (const subtask of subtasks) await subtask.crash();
        await this.#tear(step.torn);
        await this.start(step.parallelism);
        break;
    }
    await this.check();
  }

  /** What a crash may leave behind what was made safe: files in progress that are longer. */
  async #tear(torn: string): Promise<void> {
    if (torn === "" || this.#completed === null) return;
    for (const { states } of this.#completed.snapshots) {
      for (const { inProgress } of states) {
        if (inProgress !== null) await appendFile(join(this.#directory, inProgress.tempPath), torn);
      }
    }
  }

  /** Readers see whole lines, each once, and nothing that no checkpoint has. */
  async check(): Promise<void> {
    const seen = await this.visible();
    assert.equal(new Set(seen).size, seen.length, "a number is there twice");
    const next = this.#completed?.next ?? 0;
    for (const number of seen) assert.ok(number < next, `${number} is visible too early`);
  }

  async visible(): Promise<readonly number[]> {
    if (this.#next === 0 && this.#completed === null) return [];
    const contents = await contentsOf(this.#directory);
    for (const text of contents) assert.match(text, /^(\d+\n)*$/);
    return contents.flatMap((text) => text.split("\n").slice(0, -1).map(Number));
  }

  /** The end of input and the last checkpoint. */
  async end(): Promise<number> {
    for (const subtask of this.#subtasks) await subtask.finish();
    return this.#next;
  }
}

test("whatever crashes when, every record is visible once, and never before its checkpoint", async () => {
  const policies = [
    DefaultRollingPolicy.builder()
      .withMaxPartSize(6)
      .withRolloverInterval("2 s")
      .withInactivityInterval("1 s")
      .build<string>(),
    OnCheckpointRollingPolicy.build<string>(),
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.constantFrom(...policies),
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
      async (steps, policy, isCompacted, parallelism) => {
        const directory = newDirectory();
        const builder = sinkInto(directory)
          .withRollingPolicy(policy)
          .withBucketCheckInterval("500 ms");
        if (isCompacted) {
          const strategy = FileCompactStrategy.builder().enableCompactionOnCheckpoint(2).build();
          builder.enableCompact(strategy, new ConcatFileCompactor());
        }
        const job = new NumbersJob(builder.build(), directory);
        await job.start(parallelism);
        for (const one of [{ kind: "write", records: 1 } as const, ...steps]) await job.run(one);
        const count = await job.end();
        const expected = Array.from({ length: count }, (_, number) => number);
        const seen = (await job.visible()).toSorted((a, b) => a - b);
        assert.deepEqual(seen, expected);
      },
    ),
    { seed: 2024, numRuns: 30 },
  );
});
