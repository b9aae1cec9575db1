/**
 * A RichFlatMapFunction with state: three records out for each number in, namely the number before it,
 * itself, and the difference.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/rich-flat-map.ts -- localhost 8888
 */
import {
  type Collector,
  RichFlatMapFunction,
  StreamExecutionEnvironment,
  Types,
  type ValueState,
  ValueStateDescriptor,
} from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

class LastAndDifference extends RichFlatMapFunction<[string, number], string> {
  #numState!: ValueState<number>;

  override open(): void {
    const descriptor = new ValueStateDescriptor("num", Types.NUMBER);
    this.#numState = this.getRuntimeContext().getState(descriptor);
  }

  flatMap(value: [string, number], out: Collector<string>): void {
    // null = this is the first number. Asking for 0 would take a real 0 for it.
    const last = this.#numState.value();
    out.collect(last === null ? "initial value: 0" : `last number: ${last}`);
    out.collect(`this number: ${value[1]}`);
    out.collect(`difference: ${value[1] - (last ?? 0)}`);
    this.#numState.update(value[1]);
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const result = source
  .map((num) => ["key", Number(num)])
  .keyBy(0)
  .flatMap(new LastAndDifference());

result.print();
await env.execute("RichFlatMapFunction");
