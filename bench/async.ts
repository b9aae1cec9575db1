/** Async I/O against a loop with as many requests under way, both through one HTTP server. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createClient } from "./async-client.ts";
import { type Benchmark, type Measurement, measure } from "./benchmark.ts";
import { answerText, rowDigest } from "./jobs/answer-sink.ts";
import { jobVariant } from "./run-job.ts";

const JOB = new URL("./jobs/async-job.js", import.meta.url);
const SERVER = new URL("./workers/http-server.js", import.meta.url);
const REQUESTS = 10_000;
const CAPACITY = 1000;
const DELAY_MS = 50;

export const asyncIo: Benchmark = {
  name: "async",
  about: `Requests to a local HTTP server that answers after ${DELAY_MS} ms, ${CAPACITY} at a time: orderedWait and unorderedWait on one worker, and promise-pool, a loop in plain JavaScript with as many under way. All use node:http with kept connections, which are made in the run. The server has a thread of its own.`,
  notMeasured: "thread start and bundling; the server's share of the machine is in all of them.",
  async *cases(rows) {
    const requests = rows ?? REQUESTS;
    const server = new Worker(SERVER, { workerData: { delayMs: DELAY_MS } });
    const [port] = (await once(server, "message")) as [number];
    const ours = (order: "ordered" | "unordered") => {
      const args = [order, ...[requests, CAPACITY, port].map(String)];
      return jobVariant({ name: order, module: JOB, args, workers: 1, engine: "auto" });
    };
    yield {
      name: `${requests} requests`,
      rows: requests,
      unit: "rows",
      repeats: 5,
      variants: [
        ours("ordered"),
        ours("unordered"),
        { name: "promise-pool", isBaseline: true, run: () => runPool(port, requests) },
      ],
      dispose: async () => {
        await server.terminate();
      },
    };
  },
};

function runPool(port: number, requests: number): Promise<Measurement> {
  return measure(async () => {
    const ask = createClient(port, CAPACITY);
    let next = 1;
    let digest = 0;
    const loop = async (): Promise<void> => {
      while (next <= requests) {
        const id = next++;
        const answer = await ask(id);
        digest += rowDigest(id, answer) >>> 0;
      }
    };
    await Promise.all(Array.from({ length: CAPACITY }, loop));
    return answerText(requests, digest);
  });
}
