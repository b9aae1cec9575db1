/**
 * Numbers in two sinks: one that appends to a file at once, and one that is exactly once. Arguments: folder, rows, rows
 * per second, and "none" or the mode of checkpointing.
 */
import { appendFileSync, mkdirSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  BasePathBucketAssigner,
  type CheckpointingMode,
  DataGeneratorSource,
  defineJob,
  FileSink,
  OnCheckpointRollingPolicy,
} from "millrace";

const INTERVAL_MS = 50;

export default defineJob((env, [folder = "", rows = "", rate = "", mode = "none"]) => {
  if (mode !== "none") env.enableCheckpointing(INTERVAL_MS, mode as CheckpointingMode);
  env.setBufferTimeout(5);
  const plain = join(folder, "plain");
  let isRunning = false;
  const numbers = env
    .fromSource(
      new DataGeneratorSource((index) => index, Number(rows), { ratePerSecond: Number(rate) }),
      "numbers",
    )
    .rebalance()
    .map((value) => `${value}`);
  numbers.addSink((line) => {
    mkdirSync(plain, { recursive: true });
    appendFileSync(join(plain, "lines"), `${line}\n`);
    if (!isRunning) writeSync(2, "running\n");
    isRunning = true;
  });
  numbers.sinkTo(
    FileSink.forRowFormat<string>(join(folder, "exact"))
      .withBucketAssigner(new BasePathBucketAssigner())
      .withRollingPolicy(OnCheckpointRollingPolicy.build())
      .build(),
  );
});
