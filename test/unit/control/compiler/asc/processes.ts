/** Whether processes of the compiler have ended. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../../../../control/common/clock.ts";

const WAIT_MAX_MS = 3000;

/** Fails when `isTrue` does not come true in time. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = systemClock.monotonic() + WAIT_MAX_MS;
  while (!isTrue()) {
    assert.ok(systemClock.monotonic() < deadline, what);
    await sleep(5);
  }
}

/** A process that has ended but whose parent did not ask for its result yet does not run. */
export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    const status =
      process.platform === "linux" ? readFileSync(`/proc/${processId}/stat`, "utf8") : "";
    return !/\) Z /.test(status);
  } catch {
    return false;
  }
}
