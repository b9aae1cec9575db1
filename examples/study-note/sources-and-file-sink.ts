/**
 * Records of a collection and lines of a text file, together into files of a directory. While the job
 * runs they are hidden; at its end they are called `part-<id>-0`, one per subtask.
 *
 *   npx millrace run examples/study-note/sources-and-file-sink.ts -- lines.txt out
 */
import {
  BasePathBucketAssigner,
  FileSink,
  SimpleStringEncoder,
  StreamExecutionEnvironment,
} from "millrace";

const [file = "lines.txt", directory = "out"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);

const collection = env.fromCollection(["hello world", "hello flink"]);
const lines = env.readTextFile(file);

// sinkTo() before execute(): what is defined after it would belong to the next job.
collection
  .union(lines)
  .flatMap((line) => line.split(" "))
  .sinkTo(
    FileSink.forRowFormat<string>(directory, new SimpleStringEncoder())
      // Without it: in a directory per hour.
      .withBucketAssigner(new BasePathBucketAssigner())
      .build(),
  );

await env.execute("Sources and file sink");
