/** Numbers -> a request for each to an HTTP server -> digest of the answers. */
import { AsyncDataStream, defineJob, Types } from "../../control/index.ts";
import { type Ask, createClient } from "../async-client.ts";
import { AnswerSink } from "./answer-sink.ts";

/** args: "ordered" or "unordered", requests, requests at a time, port of the server */
export default defineJob((env, [order = "ordered", count = "1", capacity = "1", port = "0"]) => {
  const atOnce = Number(capacity);
  const requests = {
    ask: null as Ask | null,
    open(): void {
      this.ask = createClient(Number(port), atOnce);
    },
    async asyncInvoke(id: number, { complete }: { complete(rows: [number, number][]): void }) {
      complete([[id, (await this.ask?.(id)) ?? 0]]);
    },
  };
  const numbers = env.fromSequence(1, Number(count));
  const results =
    order === "ordered"
      ? AsyncDataStream.orderedWait(numbers, requests, "60 s", atOnce)
      : AsyncDataStream.unorderedWait(numbers, requests, "60 s", atOnce);
  results.returns(Types.TUPLE(Types.LONG, Types.LONG)).sinkTo(new AnswerSink());
});
