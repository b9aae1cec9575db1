/**
 * Snapshots of one task. When a barrier has come to a segment, the segment's state is fixed; when it has
 * gone through the whole chain, what was fixed is encoded in bounded steps, between which the task goes
 * on with its work, and handed to the storage.
 *
 * Invariants: one snapshot is taken at a time: no barrier is begun while one is encoded; one that was given
 * up is encoded to its end all the same, since that is what thaws the segments; every snapshot that was
 * begun and not given up is acknowledged or declined, once.
 */
import type { TaskMemory } from "../../memory/task-memory.ts";
import { NO_STATE, type SubtaskState } from "../../protocol/checkpoint.ts";
import { crashPoint } from "../../protocol/crash-point.ts";
import type { SnapshotOutput } from "../../snapshot/snapshot-output.ts";
import type { Segment } from "../segment.ts";
import type { BarrierEvent } from "../stream-event.ts";
import { SegmentEncoder } from "./segment-rows.ts";
import { StateFileChain } from "./state-file-chain.ts";

/** Rows of a step: some 100 µs. */
const STEP_ROWS = 1024;

/** Whose state a segment keeps. */
export interface StateOwners {
  /** Operator ids of its keyed rows and of its operator state. */
  readonly rowsOf: string;
  readonly entriesOf: string;
}

export interface SnapshotFigures {
  readonly alignmentMs: number;
  readonly syncMs: number;
  readonly asyncMs: number;
  /** Of encoded rows. */
  readonly bytes: number;
}

export interface TaskSnapshotParts {
  readonly memory: TaskMemory;
  /** Segments that keep state for operators. */
  readonly owners: ReadonlyMap<Segment, StateOwners>;
  monotonic(): number;
  create(checkpointId: number): SnapshotOutput<SubtaskState | null>;
  acknowledge(checkpointId: number, state: SubtaskState, figures: SnapshotFigures): void;
  decline(checkpointId: number, error: unknown): void;
  /** Something may have become possible for the task. */
  wake(): void;
}

/** A frozen segment, or what its encoder has left. */
interface Frozen {
  readonly segment: Segment;
  readonly operatorId: string;
  encoder: SegmentEncoder | null;
}

interface Snapshot {
  readonly checkpointId: number;
  readonly output: SnapshotOutput<SubtaskState | null>;
  readonly frozen: Frozen[];
  /** It may hold changes only. */
  readonly mayHoldChanges: boolean;
  /** It does. */
  hasChangesOnly: boolean;
  readonly alignmentMs: number;
  syncMs: number;
  startMs: number;
  bytes: number;
  /** The output takes no more at the moment. */
  isWaiting: boolean;
  isGivenUp: boolean;
}

export class TaskSnapshots {
  readonly #parts: TaskSnapshotParts;
  /** The one that is frozen or encoded. */
  #current: Snapshot | null = null;
  #isThroughChain = false;
  /** The last checkpoint whose barrier has gone through the chain; 0 = none. */
  passedId = 0;
  /** Those that the storage has not made safe yet. */
  readonly #finishing = new Set<Snapshot>();
  readonly #files = new StateFileChain();

  constructor(parts: TaskSnapshotParts) {
    this.#parts = parts;
  }

  /** A snapshot is frozen, or not encoded to its end: the next barrier has to wait. */
  get isBusy(): boolean {
    return this.#current !== null;
  }

  /** Whether step() would encode something. */
  get canStep(): boolean {
    return this.#current !== null && this.#isThroughChain && !this.#current.isWaiting;
  }

  /** Everything that was begun is acknowledged, declined or given up. */
  get isSettled(): boolean {
    return this.#current === null && this.#finishing.size === 0;
  }

  /** A barrier goes into the chain. */
  begin(barrier: BarrierEvent, alignmentMs: number): void {
    const checkpointId = Number(barrier.checkpointId);
    this.#isThroughChain = false;
    this.#current = {
      checkpointId,
      output: this.#parts.create(checkpointId),
      frozen: [],
      mayHoldChanges: this.#mayHoldChanges(barrier),
      hasChangesOnly: false,
      alignmentMs,
      syncMs: 0,
      startMs: 0,
      bytes: 0,
      isWaiting: false,
      isGivenUp: false,
    };
  }

  /** The barrier has come to a segment. Throws what the segment throws. */
  freeze(segment: Segment, { checkpointId }: BarrierEvent): void {
    const owners = this.#parts.owners.get(segment);
    const snapshot = this.#current;
    if (snapshot === null || owners === undefined) return;
    const startMs = this.#parts.monotonic();
    crashPoint("snapshot/before-sync-part");
    if (snapshot.mayHoldChanges && segment.freezeChanges !== undefined) {
      snapshot.hasChangesOnly ||= segment.freezeChanges(checkpointId);
    } else segment.freeze(checkpointId);
    snapshot.frozen.push({ segment, operatorId: owners.rowsOf, encoder: null });
    const entries = segment.operatorState?.() ?? [];
    if (entries.length > 0) snapshot.output.operatorState(owners.entriesOf, entries);
    snapshot.syncMs += this.#parts.monotonic() - startMs;
    crashPoint("snapshot/sync-part-done");
  }

  /** The barrier has gone through the chain. */
  encode(): void {
    if (this.#current === null || this.#isThroughChain) return;
    this.#isThroughChain = true;
    crashPoint("barrier/through-chain");
    this.passedId = this.#current.checkpointId;
    this.#current.startMs = this.#parts.monotonic();
  }

  /** Encodes some rows. Throws what segments throw. */
  step(): void {
    const snapshot = this.#current;
    if (snapshot === null) return;
    const next = snapshot.frozen[0];
    if (next === undefined) {
      this.#current = null;
      void this.#finish(snapshot);
      return;
    }
    if (this.#stepOf(next, snapshot)) return;
    next.encoder?.dispose();
    snapshot.frozen.shift();
  }

  /** Those up to this one will not complete. */
  abort(checkpointId: number): void {
    for (const snapshot of [this.#current, ...this.#finishing]) {
      if (snapshot === null || snapshot.checkpointId > checkpointId) continue;
      this.#giveUp(snapshot);
    }
  }

  /** The task ends as it is. */
  close(): void {
    this.abort(Number.POSITIVE_INFINITY);
    this.#current = null;
  }

  /** One of its segments has rows, and knows what has changed. */
  #mayHoldChanges({ options }: BarrierEvent): boolean {
    if (options.isIncremental !== true || !this.#files.mayGrow) return false;
    const withRows = [...this.#parts.owners.keys()].filter(({ stateType }) => stateType !== null);
    return withRows.length === 1 && withRows[0]?.freezeChanges !== undefined;
  }

  /** @returns false = the segment has no more rows */
  #stepOf(frozen: Frozen, snapshot: Snapshot): boolean {
    const { segment, operatorId } = frozen;
    const encoder = frozen.encoder ?? this.#encoderOf(segment);
    if (encoder === null) return false;
    frozen.encoder = encoder;
    const { batch, firstKeyGroup, lastKeyGroup } = encoder.step();
    if (batch !== null && !snapshot.isGivenUp) {
      snapshot.bytes += batch.length;
      snapshot.output.rows(operatorId, encoder.type, batch, firstKeyGroup, lastKeyGroup);
      const room = snapshot.output.room();
      if (room !== null) this.#waitFor(room, snapshot);
    }
    return !encoder.isDone;
  }

  /** null = it had no state. */
  #encoderOf(segment: Segment): SegmentEncoder | null {
    const { stateType } = segment;
    if (stateType === null) return null;
    return new SegmentEncoder(segment, stateType, this.#parts.memory, STEP_ROWS);
  }

  #waitFor(room: Promise<void>, snapshot: Snapshot): void {
    snapshot.isWaiting = true;
    const goOn = (): void => {
      snapshot.isWaiting = false;
      this.#parts.wake();
    };
    // What went wrong comes out at finish(), too.
    room.then(goOn, goOn);
  }

  /** Never rejects. */
  async #finish(snapshot: Snapshot): Promise<void> {
    const { checkpointId, output, alignmentMs, syncMs, startMs, bytes } = snapshot;
    if (snapshot.isGivenUp) return;
    this.#finishing.add(snapshot);
    try {
      const written = (await output.finish()) ?? NO_STATE;
      const state = this.#files.add(written, snapshot.hasChangesOnly);
      const asyncMs = this.#parts.monotonic() - startMs;
      const figures = { alignmentMs, syncMs, asyncMs, bytes };
      crashPoint("acknowledge/before");
      if (!snapshot.isGivenUp) this.#parts.acknowledge(checkpointId, state, figures);
      crashPoint("acknowledge/sent");
    } catch (error) {
      if (!snapshot.isGivenUp) this.#parts.decline(checkpointId, error);
    }
    this.#finishing.delete(snapshot);
    this.#parts.wake();
  }

  #giveUp(snapshot: Snapshot): void {
    if (snapshot.isGivenUp) return;
    snapshot.isGivenUp = true;
    snapshot.isWaiting = false;
    this.#finishing.delete(snapshot);
    void snapshot.output.abort();
  }
}
