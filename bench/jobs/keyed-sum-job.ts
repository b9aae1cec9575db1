/** Columns in memory (or a generator) -> hash exchange -> keyed sum -> digest of the final sums. */
import { ColumnsSource, DataGeneratorSource, defineJob, Types } from "../../control/index.ts";
import { RowRandom } from "../random.ts";
import { AnswerSink } from "./answer-sink.ts";
import { keyValueInput } from "./bench-input.ts";

const TYPE = Types.TUPLE(Types.LONG, Types.LONG);

/** args: "columns" or "lambdas", passes  |  "generator", rows, keys */
export default defineJob((env, [input = "columns", size = "1", keyCount = "1"]) => {
  env.setRuntimeMode("BATCH");
  const rows =
    input === "generator"
      ? env.fromSource(generated(Number(size), Number(keyCount)), "key/value rows")
      : env.fromSource(columns(Number(size)), "key/value rows");
  if (input !== "lambdas") {
    rows.keyBy(0).sum(1).sinkTo(new AnswerSink());
    return;
  }
  rows
    .map(([key, value]) => ({ key, value }))
    .keyBy((row) => row.key)
    .sum("value")
    .map((row): [number, number] => [row.key, row.value])
    .sinkTo(new AnswerSink());
});

function columns(passes: number): ColumnsSource<[number, number]> {
  const input = () => [keyValueInput.get().keys, keyValueInput.get().values];
  return ColumnsSource.of(input, TYPE.descriptor, { passes });
}

function generated(rows: number, keyCount: number): DataGeneratorSource<[number, number]> {
  return new DataGeneratorSource(generator(keyCount), rows, { type: TYPE.descriptor });
}

function generator(keyCount: number): (index: number) => [number, number] {
  const random = new RowRandom();
  return (index) => {
    random.at(index);
    return [random.high % keyCount, random.low & 1023];
  };
}
