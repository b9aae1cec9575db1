/**
 * A RichMapFunction with state: the difference of each number to the one before. 18, 20, 25, 28 gives
 * 18, 2, 5, 3.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/rich-map.ts -- localhost 8888
 */
import {
  RichMapFunction,
  StreamExecutionEnvironment,
  Types,
  type ValueState,
  ValueStateDescriptor,
} from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

class DifferenceToLast extends RichMapFunction<[string, number], number> {
  #numState!: ValueState<number>;

  override open(): void {
    const descriptor = new ValueStateDescriptor("num", Types.NUMBER);
    this.#numState = this.getRuntimeContext().getState(descriptor);
  }

  map(value: [string, number]): number {
    // null = this is the first number; 0 is a number like any other.
    const last = this.#numState.value();
    this.#numState.update(value[1]);
    return last === null ? value[1] : value[1] - last;
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const result = source
  .map((num) => ["key", Number(num)])
  .keyBy(0)
  .map(new DifferenceToLast());

result.print();
await env.execute("RichMapFunction");
