/**
 * A RichFilterFunction with a ListState: keeps the first number, and those that differ by more than 5
 * from the mean of all numbers so far, themselves included. Of 18, 20, 25, 36 it keeps 18 and 36, for the
 * means are 19, 21 and 24.75.
 *
 * The list grows for ever: a sum and a count in a ValueState would do.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/rich-filter.ts -- localhost 8888
 */
import {
  type ListState,
  ListStateDescriptor,
  RichFilterFunction,
  StreamExecutionEnvironment,
  Types,
} from "millrace";

const [host = "localhost", port = "8888"] = process.argv.slice(2);

class FarFromMean extends RichFilterFunction<[string, number]> {
  #nums!: ListState<number>;

  override open(): void {
    const descriptor = new ListStateDescriptor("num", Types.NUMBER);
    this.#nums = this.getRuntimeContext().getListState(descriptor);
  }

  filter(value: [string, number]): boolean {
    const isFirst = this.#nums.get().length === 0;
    this.#nums.add(value[1]);
    if (isFirst) return true;
    const nums = this.#nums.get();
    const avg = nums.reduce((sum, num) => sum + num, 0) / nums.length;
    console.log(`mean so far: ${avg}`);
    return Math.abs(value[1] - avg) > 5;
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const result = source
  .map((num) => ["key", Number(num)])
  .keyBy(0)
  .filter(new FarFromMean());

result.print();
await env.execute("RichFilterFunction");
