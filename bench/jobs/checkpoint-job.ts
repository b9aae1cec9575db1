/**
 * Columns in memory -> hash exchange -> count per key, every count put out: state of many keys, of which a few change.
 * args: "none" | "incremental" | "full", folder of checkpoints
 */
import { ColumnsSource, defineJob, Types } from "../../control/index.ts";
import { AnswerSink } from "./answer-sink.ts";
import { keyValueInput } from "./bench-input.ts";

const TYPE = Types.TUPLE(Types.LONG, Types.LONG);

export default defineJob((env, [checkpoints = "none", folder = "checkpoints"]) => {
  if (checkpoints !== "none") {
    env.enableCheckpointing(1000);
    env.getCheckpointConfig().setCheckpointStorage(folder);
  }
  const input = () => [keyValueInput.get().keys, keyValueInput.get().values];
  env
    .fromSource(
      ColumnsSource.of<[number, number]>(input, TYPE.descriptor, { blockRows: 65_536 }),
      "key/value rows",
    )
    .keyBy(0)
    .sum(1)
    .sinkTo(new AnswerSink());
});
