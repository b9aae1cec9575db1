/** Functions with state of their own beside that of keys, and those that want to know of checkpoints (after Flink). */
import type { BroadcastState } from "./broadcast.ts";
import type {
  KeyedStateStore,
  ListState,
  ListStateDescriptor,
  MapStateDescriptor,
} from "./state.ts";

/**
 * A function whose subtasks have state that belongs to no key: a buffer, an offset. Any function object
 * with both methods is one. The state is in handles, or put into them by snapshotState(): fields are not
 * part of snapshots.
 *
 * ```ts
 * class BufferingSink implements SinkFunction<string>, CheckpointedFunction {
 *   private buffer: string[] = [];
 *   private saved?: ListState<string>;
 *
 *   initializeState(context: FunctionInitializationContext) {
 *     this.saved = context.getOperatorStateStore().getListState(new ListStateDescriptor("buffer"));
 *     this.buffer = [...this.saved.get()];
 *   }
 *
 *   snapshotState() {
 *     this.saved?.update(this.buffer);
 *   }
 * }
 * ```
 * @public
 */
export interface CheckpointedFunction {
  /** Between two records, when a checkpoint is taken. */
  snapshotState(context: FunctionSnapshotContext): void;
  /** Before open(), in every attempt of the job: it has to set up all fields that records change. */
  initializeState(context: FunctionInitializationContext): void | Promise<void>;
}

/** @public */
export interface FunctionSnapshotContext {
  getCheckpointId(): number;
}

/** @public */
export interface FunctionInitializationContext {
  /** The job starts from a checkpoint or a savepoint. */
  isRestored(): boolean;
  getOperatorStateStore(): OperatorStateStore;
  /** As getRuntimeContext() gives it. */
  getKeyedStateStore(): KeyedStateStore;
}

/**
 * State of one subtask. The same name gives the same state; in another mode it throws MR_STATE_KIND.
 * Values are what GENERIC records hold.
 * @public
 */
export interface OperatorStateStore {
  /** When the job is restored with another parallelism, the elements of all subtasks are dealt out evenly. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** When the job is restored, every subtask has the elements of all. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A map that the program keeps equal in all subtasks: when the job is restored, each has that of one. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
  /** Names of all list states. */
  getRegisteredStateNames(): ReadonlySet<string>;
  /** Names of all broadcast states. */
  getRegisteredBroadcastStateNames(): ReadonlySet<string>;
}

/** Any function object with these methods is told of checkpoints. @public */
export interface CheckpointListener {
  /** It will never be undone, nor any before it. A notice may be lost: the next one stands for it. */
  notifyCheckpointComplete(checkpointId: number): void | Promise<void>;
  notifyCheckpointAborted?(checkpointId: number): void;
}
