/** Processes of programs whose service was killed: they end by themselves, unless their main thread is blocked. */
import type { LockOwner, Processes } from "../checkpoint/process-owner.ts";
import type { Clock } from "../common/clock.ts";

const LOOK_MS = 10;

/** Settled when the process is gone. */
export async function endStaleProcess(
  owner: LockOwner | null,
  processes: Processes,
  clock: Clock,
): Promise<void> {
  if (owner === null || owner.host !== processes.self().host || !processes.isAlive(owner)) return;
  process.kill(owner.pid, "SIGKILL");
  while (processes.isAlive(owner)) {
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
  }
}
