/** A small job whose snapshots tell whether they are cuts: sources know their positions, sinks their rows. */
import assert from "node:assert/strict";
import type { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import type { BatchView } from "../../dataplane/memory/batch-view.ts";
import type { OperatorStateEntry } from "../../dataplane/protocol/operator-state.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../dataplane/protocol/status.ts";
import type { Cursor, SegmentContext, SourceSegment } from "../../dataplane/worker/segment.ts";
import type { TestJob } from "../unit/dataplane/worker/test-job.ts";
import {
  INT_TYPE,
  Multiplier,
  readInts,
  TinyOutput,
  TinySegment,
} from "../unit/dataplane/worker/tiny-segments.ts";

const REBALANCE = { kind: "rebalance" } as const;
export const ROWS = 100;
export const TIMES = 3;
/** What a value of a subtask of the source is larger than those of the one before. */
export const STRIDE = 1_000;

/** Its position is the number of rows it has put out. */
class PositionedSource extends TinySegment implements SourceSegment {
  readonly outputs: readonly [TinyOutput];
  readonly #first: number;
  position = 0;

  constructor(context: SegmentContext) {
    super();
    this.#first = context.subtaskIndex * STRIDE;
    this.outputs = [new TinyOutput(context.memory, "s", 7)];
  }

  poll(): number {
    const [output] = this.outputs;
    while (this.position < ROWS && !output.isFull) output.push(this.#first + this.position++);
    return this.position === ROWS ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }

  process(): number {
    throw new TypeError("a source has no input");
  }

  addSplits(): void {}

  notifyNoMoreSplits(): void {}

  operatorState(): readonly OperatorStateEntry[] {
    return [{ name: "position", mode: "split", values: [this.position] }];
  }
}

/** Keeps the rows it has seen, and encodes a few at a time. */
export class Keeper extends TinySegment {
  override readonly stateType = INT_TYPE;
  readonly outputs = [];
  readonly seen: number[] = [];
  readonly awaits: boolean;
  #hasEnded = false;
  /** The first checkpoint behind the end. */
  #finalId = 0n;
  #completedId = 0n;
  #frozen = 0;
  #encoded = 0;

  constructor(awaits: boolean) {
    super();
    this.awaits = awaits;
  }

  get awaitsCheckpoint(): boolean {
    return this.awaits;
  }

  process(input: BatchView, cursor: Cursor): number {
    const values = readInts(input);
    this.seen.push(...values.slice(cursor.row));
    return STATUS_DONE;
  }

  override endOfInput(): number {
    this.#hasEnded = true;
    return STATUS_DONE;
  }

  override freeze(checkpointId: bigint): void {
    assert.equal(this.#frozen, this.#encoded, "the snapshot before is encoded");
    if (this.#hasEnded && this.#finalId === 0n) this.#finalId = checkpointId;
    this.#frozen = this.seen.length;
    this.#encoded = 0;
  }

  override encodeStep(target: BatchBuilder): number {
    const { memory } = target;
    for (let rows = 0; rows < 20 && this.#encoded < this.#frozen; rows++) {
      memory.i32[(target.dataPtr(0) >>> 2) + target.rowCount] = this.seen[this.#encoded++] ?? -1;
      target.commitRow();
    }
    return this.#encoded < this.#frozen ? STATUS_OUTPUT_FULL : STATUS_DONE;
  }

  notifyCheckpointComplete(checkpointId: bigint): Promise<void> {
    this.#completedId = checkpointId;
    return Promise.resolve();
  }

  override close(): void {
    super.close();
    if (this.awaits) assert.ok(this.#completedId >= this.#finalId && this.#finalId > 0n);
  }
}

/** Two sources, whose rows come to the sinks directly and three-fold. */
export function diamond(awaits: boolean, keepers: Keeper[]): TestJob {
  const source = (context: SegmentContext) => new PositionedSource(context);
  const triple = (context: SegmentContext) => new Multiplier(context, "m", TIMES, 10);
  const sink = ({ subtaskIndex }: SegmentContext) => {
    const keeper = new Keeper(awaits);
    keepers[subtaskIndex] = keeper;
    return keeper;
  };
  return {
    vertices: [
      {
        id: "source",
        parallelism: 2,
        operators: [{ id: "s", input: null, isSource: true, segment: source }],
      },
      { id: "triple", parallelism: 2, operators: [{ id: "m", input: null, segment: triple }] },
      { id: "sink", parallelism: 2, operators: [{ id: "l", input: null, segment: sink }] },
    ],
    edges: [
      { source: "source", operatorId: "s", target: "triple", partitioner: REBALANCE },
      { source: "source", operatorId: "s", target: "sink", partitioner: REBALANCE },
      { source: "triple", operatorId: "m", target: "sink", partitioner: REBALANCE },
    ],
  };
}
