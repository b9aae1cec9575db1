/**
 * A KeyedProcessFunction knows the key of each record: it has the type that keyBy() gives it, here that
 * of the field, never a tuple around it. Lines are "name,gender,age".
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/keyed-process.ts -- localhost 8888
 */
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  StreamExecutionEnvironment,
} from "millrace";

interface Student {
  name: string;
  gender: string;
  age: number;
}

const [host = "localhost", port = "8888"] = process.argv.slice(2);

/** Types: of the key, of the input, of the output. */
class PrintKey extends KeyedProcessFunction<string, Student, string> {
  processElement(_value: Student, ctx: KeyedProcessContext<string>, out: Collector<string>): void {
    console.log(`key: ${ctx.getCurrentKey()}`);
    out.collect("hello");
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env
  .socketTextStream(host, Number(port))
  .map((line): Student => {
    const [name = "", gender = "", age = ""] = line.split(",");
    return { name, gender, age: Number(age) };
  })
  .keyBy("name")
  .process(new PrintKey());

source.print();
await env.execute("Keyed process function");
