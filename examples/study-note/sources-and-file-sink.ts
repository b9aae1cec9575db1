/**
 * Records of a collection and lines of a text file, together into files of a directory: `part-0`, `part-1`,
 * one per subtask.
 *
 *   npx millrace run examples/study-note/sources-and-file-sink.ts -- lines.txt out
 */
import { FileSink, SimpleStringEncoder, StreamExecutionEnvironment } from "millrace";

const [file = "lines.txt", directory = "out"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setParallelism(1);

const collection = env.fromCollection(["hello world", "hello flink"]);
const lines = env.readTextFile(file);

// sinkTo() before execute(): what is defined after it would belong to the next job.
collection
  .union(lines)
  .flatMap((line) => line.split(" "))
  .sinkTo(FileSink.forRowFormat(directory, new SimpleStringEncoder()).build());

await env.execute("Sources and file sink");
