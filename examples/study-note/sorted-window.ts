/**
 * A ProcessWindowFunction has all elements of a window: here it sorts those of each key. Lines are
 * "key,number".
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/sorted-window.ts -- localhost 8888 "10 s"
 */
import {
  type Collector,
  type ProcessWindowContext,
  ProcessWindowFunction,
  StreamExecutionEnvironment,
  TumblingProcessingTimeWindows,
} from "millrace";

const [host = "localhost", port = "8888", size = "10 s"] = process.argv.slice(2);

/** Types: of the input, of the output, of the key; windows of time unless a fourth one says otherwise. */
class SortedWindow extends ProcessWindowFunction<[string, number], string, string> {
  process(
    key: string,
    _context: ProcessWindowContext,
    elements: Iterable<[string, number]>,
    out: Collector<string>,
  ): void {
    const numbers = [...elements].map(([, number]) => number).sort((a, b) => a - b);
    out.collect(`key: ${key}, sorted: ${numbers.join(" ")}`);
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env.socketTextStream(host, Number(port));
const result = source
  .map((line): [string, number] => {
    const [key = "", number = ""] = line.split(",");
    return [key, Number(number)];
  })
  .keyBy((pair) => pair[0])
  .window(TumblingProcessingTimeWindows.of(size))
  .process(new SortedWindow());

result.print();
await env.execute("Sorted window");
