/** CPU time of this process and of the whole machine over a span of time. */
import { readFileSync } from "node:fs";
import { monotonicMs } from "./monotonic-ms.ts";

/** USER_HZ, which is 100 on every Linux. */
const TICK_SECONDS = 0.01;

export interface CpuUse {
  /** Cores that this process had on average. */
  readonly cores: number;
  /** Cores that others had; null = the system does not say. */
  readonly foreignCores: number | null;
}

export class CpuMeter {
  readonly #startMs = monotonicMs();
  readonly #startOwn = process.cpuUsage();
  readonly #startAll = busySeconds();

  read(): CpuUse {
    const seconds = (monotonicMs() - this.#startMs) / 1000;
    const { user, system } = process.cpuUsage(this.#startOwn);
    const cores = (user + system) / 1e6 / seconds;
    const all = busySeconds();
    if (all === null || this.#startAll === null) return { cores, foreignCores: null };
    return { cores, foreignCores: Math.max(0, (all - this.#startAll) / seconds - cores) };
  }
}

/** Of all cores since the start of the machine: user, nice, system, irq and softirq. */
function busySeconds(): number | null {
  if (process.platform !== "linux") return null;
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) * TICK_SECONDS;
}
