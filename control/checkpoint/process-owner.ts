/** Who holds a lock, and whether that process is still there. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { errorCodeOf } from "../../dataplane/snapshot/file-system.ts";

export interface LockOwner {
  readonly pid: number;
  readonly host: string;
  /** Tells the process from a later one of the same number; null = the system does not say. */
  readonly startedAt: string | null;
  /** Differs from lock to lock. */
  readonly token: string;
}

/** The processes there are; a port, so that tests can let them die. */
export interface Processes {
  self(): LockOwner;
  /** One of another host counts as alive: it cannot be seen from here. */
  isAlive(owner: LockOwner): boolean;
}

export const systemProcesses: Processes = {
  self: () => ownerOf(process.pid),
  isAlive: ({ pid, host, startedAt }) => {
    if (host !== hostname()) return true;
    if (!exists(pid)) return false;
    const start = startOf(pid);
    return start === null || startedAt === null || start === startedAt;
  },
};

/** A process of this host, as the owner of something. */
export function ownerOf(pid: number): LockOwner {
  return { pid, host: hostname(), startedAt: startOf(pid), token: randomUUID() };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCodeOf(error) !== "ESRCH";
  }
}

/** Field 22 of stat is the start in ticks since boot; the name in field 2 may hold blanks and parentheses. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${ticks}`;
  } catch {
    // No Linux, or no such process: the number has to do.
    return null;
  }
}
