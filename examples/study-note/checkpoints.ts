/**
 * A running word count whose counts survive a failure. The note keeps them in HDFS: that is not built; a mounted
 * file system is given by its path. A socket cannot send again what was read, which a warning says: exactly once
 * from end to end needs a source that can, such as files.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/checkpoints.ts -- localhost 8888 checkpoints
 */
import { CheckpointingMode, FsStateBackend, StreamExecutionEnvironment } from "millrace";

const [host = "localhost", port = "8888", directory = "checkpoints"] = process.argv.slice(2);

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.enableCheckpointing(3000);
env.getCheckpointConfig().setMaxConcurrentCheckpoints(1);
env.getCheckpointConfig().setCheckpointingMode(CheckpointingMode.EXACTLY_ONCE);
env.setStateBackend(new FsStateBackend(directory));

env
  .socketTextStream(host, Number(port))
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1])
  .keyBy(0)
  .sum(1)
  .print();
await env.execute("word count with checkpoints");
