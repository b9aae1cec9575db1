/**
 * Numbers from a source that takes its time, each of them and the counts per key so far in files, exactly once;
 * something goes wrong on the way. Arguments: folder, how, rows, rows a second.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import {
  BasePathBucketAssigner,
  DataGeneratorSource,
  defineJob,
  FileSink,
  OnCheckpointRollingPolicy,
  RestartStrategies,
  RichMapFunction,
  SimpleStringEncoder,
  Types,
} from "../../../control/index.ts";

/** Key, 1, index. */
type Row = [number, number, number];

/** Goes wrong at one row, the first time. */
class Failing extends RichMapFunction<Row, Row> {
  readonly #how: string;
  readonly #at: number;
  readonly #folder: string;
  #seen = 0;

  constructor(how: string, at: number, folder: string) {
    super();
    this.#how = how;
    this.#at = at;
    this.#folder = folder;
  }

  override open(): void {
    // On the main thread there is one object for all subtasks and attempts.
    if (this.#seen > 0 && !isMainThread)
      throw new Error("this is the function of an attempt before");
  }

  override map(row: Row): Row {
    this.#seen += 1;
    const mark = join(this.#folder, "failed");
    if (row[2] !== this.#at || this.#how === "none" || existsSync(mark)) return row;
    writeFileSync(mark, "");
    switch (this.#how) {
      case "throw":
        throw new RangeError("once");
      case "exit":
        return process.exit(7);
      case "hang":
        for (;;);
      case "reject":
        setImmediate(() => Promise.reject(new Error("nobody waits for me")));
        return row;
      default:
        return row;
    }
  }
}

/** The attempt that a row went through. */
class Attempts extends RichMapFunction<number, string> {
  override map(): string {
    return `${this.getRuntimeContext().getAttemptNumber()}`;
  }
}

export default defineJob((env, [folder = "", how = "none", rows = "1000", rate = "2000"]) => {
  const count = Number(rows);
  env.enableCheckpointing(50);
  env.setRestartStrategy(RestartStrategies.fixedDelayRestart(10, 10));
  const type = Types.TUPLE(Types.INT, Types.INT, Types.INT);
  const source = new DataGeneratorSource((index) => [index % 7, 1, index] as Row, count, {
    ratePerSecond: Number(rate),
  });
  const sink = (name: string) =>
    FileSink.forRowFormat<string>(join(folder, name), new SimpleStringEncoder())
      .withRollingPolicy(OnCheckpointRollingPolicy.build())
      .withBucketAssigner(new BasePathBucketAssigner())
      .build();
  const numbers = env
    .fromSource(source, "numbers")
    .returns(type)
    .map(new Failing(how, count / 4, folder))
    .returns(type);
  numbers.map((row) => `${row[2]}`).sinkTo(sink("numbers"));
  numbers
    .keyBy(0)
    .sum(1)
    .map((row) => `${row[0]} ${row[1]}`)
    .sinkTo(sink("counts"));
  // A pipeline of its own.
  env
    .fromSource(
      new DataGeneratorSource((index) => index, count, { ratePerSecond: Number(rate) }),
      "others",
    )
    .map(new Attempts())
    .sinkTo(sink("attempts"));
});
