/** Checkpoints that have only what has changed: what a job goes on from is all of it, at any parallelism. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  BasePathBucketAssigner,
  DataGeneratorSource,
  type EngineOptions,
  FileSink,
  type JobClient,
  OnCheckpointRollingPolicy,
  SimpleStringEncoder,
  StreamExecutionEnvironment,
  Types,
} from "../../control/index.ts";
import { linesIn } from "./lines-in.ts";

const KEYS = 5_000;
const HOT_KEYS = 10;
const ROWS = 60_000;
/** Rows a second of a run that is to be seen at work, and of one that is to end. */
const SLOWLY = 10_000;
const FAST = 1_000_000;

const folder = await mkdtemp(join(tmpdir(), "millrace-incremental-"));
after(() => rm(folder, { recursive: true, force: true }));

/** All keys once, then a few of them again and again. */
function keyOf(index: number): number {
  return index < KEYS ? index : index % HOT_KEYS;
}

function startCounting(
  out: string,
  ratePerSecond: number,
  options: EngineOptions,
): Promise<JobClient> {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({
    ...options,
    execution: "in-process",
    checkpointInterval: 20,
    checkpointRetention: "RETAIN_ON_CANCELLATION",
  });
  const pair = Types.TUPLE(Types.INT, Types.INT);
  const source = new DataGeneratorSource((index) => [keyOf(index), 1] as [number, number], ROWS, {
    ratePerSecond,
  });
  env
    .fromSource(source, "numbers")
    .setParallelism(1)
    .returns(pair)
    .keyBy(0)
    .sum(1)
    .uid("counts")
    .map((row) => `${row[0]} ${row[1]}`)
    .sinkTo(
      FileSink.forRowFormat<string>(out, new SimpleStringEncoder())
        .withRollingPolicy(OnCheckpointRollingPolicy.build())
        .withBucketAssigner(new BasePathBucketAssigner())
        .build(),
    );
  return env.executeAsync();
}

/** Of the newest checkpoint; "" = there is none. */
async function latestManifest(checkpoints: string): Promise<string> {
  try {
    const ids = (await readdir(checkpoints)).flatMap((name) => /^chk-(\d+)$/.exec(name)?.[1] ?? []);
    const latest = Math.max(...ids.map(Number));
    return await readFile(join(checkpoints, `chk-${latest}`, "manifest.json"), "utf8");
  } catch {
    // It is being made, or was removed since.
    return "";
  }
}

function expectedLines(): readonly string[] {
  const counts = new Map<number, number>();
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const key = keyOf(index);
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return `${key} ${count}`;
  });
  return lines.toSorted();
}

for (const parallelism of [1, 2]) {
  test(`a job that goes on from a base and changes, at parallelism ${parallelism}`, async () => {
    const own = await mkdtemp(join(folder, "job-"));
    const checkpointDirectory = join(own, "checkpoints");
    const out = join(own, "out");
    const client = await startCounting(out, SLOWLY, { parallelism: 1, checkpointDirectory });
    for (let bases = 0; bases < 2; ) {
      assert.notEqual(await client.getJobStatus(), "FINISHED", "there were no two in time");
      await new Promise((resolve) => setImmediate(resolve));
      const manifest = await latestManifest(checkpointDirectory);
      bases = manifest.split(/"file"/).length - 2;
    }
    await client.cancel();
    await assert.rejects(client.getJobExecutionResult(), { code: "MR_JOB_CANCELED" });
    const options = { parallelism, checkpointDirectory, restore: "latest" };
    await (await startCounting(out, FAST, options)).getJobExecutionResult();
    assert.deepEqual(await linesIn(out), expectedLines());
  });
}

test("where they are switched off, each checkpoint has everything", async () => {
  const own = await mkdtemp(join(folder, "full-"));
  const checkpointDirectory = join(own, "checkpoints");
  const options = { parallelism: 1, checkpointDirectory, incrementalCheckpoints: false };
  const client = await startCounting(join(own, "out"), 2 * SLOWLY, options);
  const files = new Set<number>();
  while ((await client.getJobStatus()) !== "FINISHED") {
    await new Promise((resolve) => setImmediate(resolve));
    const manifest = await latestManifest(checkpointDirectory);
    if (manifest !== "") files.add(manifest.split(/"bases"/).length);
  }
  assert.deepEqual([...files], [1]);
});
