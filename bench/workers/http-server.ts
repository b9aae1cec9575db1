/** A service for the async benchmark: answers each request for /n with 2 n, `delayMs` after it came. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const { delayMs } = workerData as { readonly delayMs: number };
const server = createServer((request, response) => {
  const answer = String(2 * Number(request.url?.slice(1)));
  setTimeout(() => response.end(answer), delayMs);
});
// A connection that is idle between two runs is used again.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", 4096, () =>
  parentPort?.postMessage((server.address() as AddressInfo).port),
);
