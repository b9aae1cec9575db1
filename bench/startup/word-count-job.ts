/** Counts the words of a text; says on a channel when the first count comes out. */
import { BroadcastChannel } from "node:worker_threads";
import { Counter, defineJob, type Sink, type SinkWriter, type SinkWriterContext } from "millrace";

export const FIRST_OUTPUT = "millrace-bench-first-output";

/** args: the text, and a number that makes the program another one to the module cache */
export default defineJob((env, [text = "", seed = "0"]) => {
  const pair = new Function("word", `return [word, 1 + ${Number(seed)} - ${Number(seed)}];`) as (
    word: string,
  ) => [string, number];
  env
    .fromElements(text)
    .flatMap((line) => line.split(" "))
    .map(pair)
    .keyBy(0)
    .sum(1)
    .sinkTo(new FirstOutputSink());
});

class FirstOutputSink implements Sink<[string, number]> {
  readonly description = "first output";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<[string, number]> {
    const rows = new Counter();
    runtimeContext.addAccumulator("rows", rows);
    let isFirst = true;
    return {
      write() {
        rows.add(1);
        if (isFirst) announce();
        isFirst = false;
      },
      flush() {},
      close() {},
    };
  }
}

function announce(): void {
  const channel = new BroadcastChannel(FIRST_OUTPUT);
  channel.postMessage(null);
  channel.close();
}
