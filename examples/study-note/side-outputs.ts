/**
 * Side outputs by age: above 18 to the main stream, 18 to one side output, below it to another. Lines are
 * "name,gender,age". Two tags of the same id are the same tag.
 *
 *   nc -lk 8888
 *   npx millrace run examples/study-note/side-outputs.ts -- localhost 8888
 */
import {
  type Collector,
  OutputTag,
  type ProcessContext,
  ProcessFunction,
  StreamExecutionEnvironment,
} from "millrace";

interface Student {
  name: string;
  gender: string;
  age: number;
}

const [host = "localhost", port = "8888"] = process.argv.slice(2);

/** Students of 18. */
const outputTag01 = new OutputTag<string>("stream_1");
/** Students below 18. */
const outputTag02 = new OutputTag<string>("stream_2");

/** Types: of the input, of the main stream. */
class SplitByAge extends ProcessFunction<Student, Student> {
  processElement(value: Student, ctx: ProcessContext, out: Collector<Student>): void {
    if (value.age > 18) out.collect(value);
    else if (value.age === 18) ctx.output(outputTag01, `${value.name}:${value.age}`);
    else ctx.output(outputTag02, value.name);
  }
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();

const source = env
  .socketTextStream(host, Number(port))
  .map((line): Student => {
    const [name = "", gender = "", age = ""] = line.split(",");
    return { name, gender, age: Number(age) };
  })
  .process(new SplitByAge());

const sideStream01 = source.getSideOutput(outputTag01);
const sideStream02 = source.getSideOutput(outputTag02);

source.print("main");
sideStream01.print("side output 1");
sideStream02.print("side output 2");
await env.execute("Side outputs");
