/** What a slot gives its subtasks. */
import type { MemoryManager } from "../memory/memory-manager.ts";
import type { ChannelSpec, TaskOptions } from "../protocol/deployment.ts";
import type { SlotReport } from "../protocol/messages.ts";
import type { SnapshotStorage } from "./checkpoint/snapshot-storage.ts";
import type { AlarmClock } from "./clock.ts";
import type { Doorbell } from "./exchange/doorbell.ts";
import type { Prng } from "./prng.ts";
import type { ChainNode, SegmentContext } from "./segment.ts";

export interface SubtaskEnvironment {
  readonly options: TaskOptions;
  readonly metrics: SharedArrayBuffer;
  readonly kernels: WebAssembly.Module;
  readonly memoryManager: MemoryManager;
  /** Modules of compiled operators, by id; more may come while the job runs. */
  readonly modules: ReadonlyMap<string, WebAssembly.Module>;
  /** `${operatorId}/${role}` -> function, source or sink. */
  readonly functions: ReadonlyMap<string, unknown>;
  readonly clock: AlarmClock;
  readonly prng: Prng;
  createSegments(context: SegmentContext): readonly ChainNode[];
  readonly snapshots: SnapshotStorage;
  /** Doorbell of the thread at the other end; null = this thread. */
  doorbellOf(channel: ChannelSpec): Doorbell | null;
  report(report: SlotReport): void;
  /** null = the master keeps up with collected and printed reports. */
  reportRoom(): Promise<void> | null;
  /** Something may have become possible for a subtask. */
  wake(): void;
}
