/** What a process may take and do before it is killed, and what one takes. */
import { readFileSync } from "node:fs";
import { EngineError } from "../../dataplane/protocol/errors.ts";

export interface ProcessLimits {
  /** Bytes of resident memory. */
  readonly rssBytes: number;
  /** ms without a report. */
  readonly silentMs: number;
}

export interface ProcessVitals {
  /** null = not known. */
  readonly rssBytes: number | null;
  readonly silentMs: number;
}

const MIB = 1 << 20;

/** Why the process has to go; null = it is well. */
export function diagnose(vitals: ProcessVitals, limits: ProcessLimits): EngineError | null {
  const { rssBytes, silentMs } = vitals;
  if (rssBytes !== null && rssBytes > limits.rssBytes) {
    const usedMb = Math.round(rssBytes / MIB);
    return new EngineError("MR_JOB_MEMORY", {
      usedMb,
      budgetMb: Math.round(limits.rssBytes / MIB),
    });
  }
  return silentMs >= limits.silentMs
    ? new EngineError("MR_JOB_PROCESS_SILENT", { silentMs })
    : null;
}

/** Resident memory of another process; null = the system does not say. */
export function rssOf(pid: number): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    // No Linux, or it has just ended.
    return null;
  }
}
