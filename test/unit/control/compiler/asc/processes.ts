/**
 * When processes of the compiler end. They are no children of the test, or their handle is the compiler's:
 * so each of them, and each that they start, holds a connection to the test, which the system closes with
 * the process.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after } from "node:test";
import { systemClock } from "../../../../../control/common/clock.ts";

const WAIT_MAX_MS = 3000;

export interface Processes {
  /** For the processes that are to be watched. */
  readonly environment: Readonly<Record<string, string>>;
  /** Fails when a process that has begun its program does not end in time. */
  ended(processId: number): Promise<void>;
}

export async function watchProcesses(): Promise<Processes> {
  const ends = new Map<number, Promise<void>>();
  const server = createServer((socket) => {
    const end = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    // A process that is killed may reset its connection; "close" follows.
    socket.on("error", () => {});
    socket.on("data", (processId) => ends.set(Number(processId.toString()), end));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const holder = new URL(`fixtures/hold-connection.js?port=${port}`, import.meta.url);
  const { NODE_OPTIONS = "" } = process.env;
  return {
    environment: { NODE_OPTIONS: `${NODE_OPTIONS} --import ${holder}` },
    async ended(processId) {
      const end = ends.get(processId);
      assert.ok(end !== undefined, `process ${processId} has begun`);
      let hasEnded = false;
      const noted = end.then(() => {
        hasEnded = true;
      });
      await systemClock.atMost(noted, WAIT_MAX_MS);
      assert.ok(hasEnded, `process ${processId} ends`);
    },
  };
}
