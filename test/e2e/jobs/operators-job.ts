/** One job over the operators there are; args: which of them. */
import {
  type Collector,
  defineJob,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  OutputTag,
  Types,
  type ValueState,
  ValueStateDescriptor,
} from "../../../control/index.ts";
import { RowsSink } from "./rows-sink.ts";

const LINES = Array.from({ length: 500 }, (_, i) => `w${i % 7} w${i % 11} w${i % 13} w${i % 7}`);

/** The count of each word, when event time is over. */
class CountAtEnd extends KeyedProcessFunction<string, string, [string, number]> {
  #count!: ValueState<number>;

  override open(): void {
    this.#count = this.getRuntimeContext().getState(new ValueStateDescriptor("count", Types.INT));
  }

  processElement(_: string, ctx: KeyedProcessContext<string>): void {
    this.#count.update((this.#count.value() ?? 0) + 1);
    ctx.timerService().registerEventTimeTimer(1);
  }

  override onTimer(
    _: number,
    ctx: KeyedOnTimerContext<string>,
    out: Collector<[string, number]>,
  ): void {
    out.collect([ctx.getCurrentKey(), this.#count.value() ?? 0]);
  }
}

function explode(count: number, out: Collector<number>): void {
  for (let value = 0; value < count; value++) out.collect(value % 10);
}

export default defineJob((env, [program = "word-count"]) => {
  const words = env.fromCollection(LINES).flatMap((line) => line.split(" "));
  switch (program) {
    case "word-count":
      words
        .map((word) => [word, 1])
        .keyBy(0)
        .sum(1)
        .sinkTo(new RowsSink());
      return;
    case "typed-word-count":
      words
        .map((word) => [word, 1])
        .returns(Types.TUPLE(Types.STRING, Types.LONG))
        .keyBy(0)
        .sum(1)
        .sinkTo(new RowsSink());
      return;
    case "key-function":
      words
        .map((word) => ({ word, length: word.length }))
        .keyBy((row) => row.word)
        .max("length")
        .sinkTo(new RowsSink());
      return;
    case "computed-key":
      words
        .map((word) => ({ word, count: 1 }))
        .filter((row) => row.word !== "w0")
        .keyBy((row) => [row.word.length, `${row.word}|`])
        .sum("count")
        .sinkTo(new RowsSink());
      return;
    case "reduce":
      words
        .map((word) => ({ word, count: 1 }))
        .keyBy("word")
        .reduce((a, b) => ({ word: a.word, count: a.count + b.count }))
        .sinkTo(new RowsSink());
      return;
    case "generator":
      env
        .fromSequence(1, 1000)
        .flatMap(function* (value) {
          for (let copy = 0; copy < value % 3; copy++) yield value;
        })
        .rebalance()
        .filter((value) => value % 2 === 0)
        .sinkTo(new RowsSink());
      return;
    case "union":
      words
        .union(words)
        .map((word) => [word, 1])
        .keyBy(0)
        .sum(1)
        .sinkTo(new RowsSink());
      return;
    case "keyed-process":
      words
        .keyBy((word) => word)
        .process(new CountAtEnd())
        .sinkTo(new RowsSink());
      return;
    case "side-outputs": {
      const long = new OutputTag<string>("long");
      const short = words.process<string>((word, ctx, out) => {
        if (word.length > 2) ctx.output(long, word);
        else out.collect(word);
      });
      const marked = short.getSideOutput(long).map((word) => `long ${word}`);
      const split = short.split((word) => (word === "w0" ? "zero" : "other"));
      split.select("other").union(marked, split.select("zero", "none")).sinkTo(new RowsSink());
      return;
    }
    case "broadcast":
      env
        .fromElements("x", "y")
        .broadcast()
        .map((value) => value)
        .sinkTo(new RowsSink());
      return;
    case "explode":
      env
        .fromElements(100_000)
        .flatMap(explode)
        .map((value) => [value, 1])
        .keyBy(0)
        .sum(1)
        .sinkTo(new RowsSink());
      return;
    default:
      throw new TypeError(`there is no program ${program}`);
  }
});
