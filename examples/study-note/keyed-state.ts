/**
 * A KeyedProcessFunction with a ValueState: one value per key. It is obtained in open(), where the
 * runtime context is there. Lines are words: "hello", "hello" gives "hello-1", "hello-1-1".
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/keyed-state.ts -- localhost 8888
 */
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  StreamExecutionEnvironment,
  Types,
  type ValueState,
  ValueStateDescriptor,
} from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

class CountInState extends KeyedProcessFunction<string, [string, number], string> {
  #countState!: ValueState<string>;

  override open(): void {
    const descriptor = new ValueStateDescriptor("count", Types.STRING);
    this.#countState = this.getRuntimeContext().getState(descriptor);
  }

  processElement(
    value: [string, number],
    ctx: KeyedProcessContext<string>,
    out: Collector<string>,
  ): void {
    // null = nothing was stored for this key yet.
    const result = `${this.#countState.value() ?? ""}-${value[1]}`;
    this.#countState.update(result);
    out.collect(ctx.getCurrentKey() + result);
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env
  .socketTextStream(host, Number(port))
  .map((word) => [word, 1])
  .keyBy(0)
  .process(new CountInState());

source.print();
await env.execute("Keyed state");
