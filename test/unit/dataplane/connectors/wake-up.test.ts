import assert from "node:assert/strict";
import { test } from "node:test";

import { WakeUp } from "../../../../dataplane/connectors/wake-up.ts";

async function isSettled(promise: Promise<void>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

test("a wait is settled by the next wake-up, for all who wait", async () => {
  const wakeUp = new WakeUp();
  const waits = [wakeUp.wait(), wakeUp.wait()];
  assert.equal(await isSettled(Promise.all(waits).then(() => {})), false);
  wakeUp.wake();
  await Promise.all(waits);
});

test("a wake-up before the wait is kept until the next clear", async () => {
  const wakeUp = new WakeUp();
  wakeUp.wake();
  assert.equal(await isSettled(wakeUp.wait()), true);
  assert.equal(await isSettled(wakeUp.wait()), true);
  wakeUp.clear();
  assert.equal(await isSettled(wakeUp.wait()), false);
});
