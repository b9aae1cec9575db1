/**
 * Runs a StreamOperator as a segment: reads rows, keeps the current key, fires timers one by one, and
 * stops whenever what was put out has to be shipped first.
 *
 * Invariants: cursor.row is the next row to read; nothing is read or fired while records wait for room.
 */
import { createRowReader, type RowReader } from "../../formats/row-reader.ts";
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import type { BatchType, KeySpec } from "../../protocol/deployment.ts";
import type { OperatorStateEntry } from "../../protocol/operator-state.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import { KeyedRuntimeContext } from "../keyed-runtime-context.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput, StateCounts } from "../segment.ts";
import { BroadcastStates } from "../state/broadcast-state.ts";
import { KeyedBackend } from "../state/keyed-backend.ts";
import { StateScope } from "../state/state-scope.ts";
import { TimerQueue } from "../state/timer-queue.ts";
import { NO_WATERMARK } from "../stream-event.ts";
import { FunctionCheckpoints } from "./function-checkpoints.ts";
import { KeyAccess, type OneKey } from "./key-access.ts";
import type { OutputTarget } from "./output-target.ts";
import { QueuedOutput } from "./queued-output.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";
import { closeAll } from "./user-function.ts";

export interface ProcessInput {
  /** null = found out at run time. */
  readonly type: BatchType | null;
  /** null = not keyed. */
  readonly key: KeySpec | OneKey | null;
}

export interface ProcessParts {
  readonly operatorName: string;
  readonly inputs: readonly ProcessInput[];
  readonly output: OutputTarget;
  /** Side outputs that somebody reads, by their tags. */
  readonly sideOutputs: ReadonlyMap<string, OutputTarget>;
  /** Names of the maps of broadcast state; absent = there is none. */
  readonly broadcastStates?: readonly string[];
  /** The user's, which may be a CheckpointedFunction or a CheckpointListener. */
  readonly fn: unknown;
  readonly context: SegmentContext;
  create(host: OperatorHost): StreamOperator;
}

const EVENT_TIMERS = "timers/event";
const PROCESSING_TIMERS = "timers/processing";

/** Steps of watermark() and timer(). */
const FIRING = 1;

export class ProcessSegment implements Segment {
  readonly engine = "js";
  readonly outputs: readonly SegmentOutput[];
  readonly #host: Host;
  readonly #operator: StreamOperator;
  readonly #inputs: readonly InputReader[];
  readonly #checkpoints: FunctionCheckpoints;

  constructor(parts: ProcessParts) {
    const { inputs, output, sideOutputs, context, operatorName, fn } = parts;
    const { subtaskIndex } = context;
    this.#checkpoints = new FunctionCheckpoints({ operatorName, subtaskIndex }, fn);
    this.outputs = [output, ...sideOutputs.values()];
    this.#inputs = inputs.map((input) => new InputReader(input, operatorName, context));
    const access = this.#inputs.find((input) => input.access !== null)?.access ?? null;
    this.#host = new Host(parts, access);
    this.#operator = parts.create(this.#host);
  }

  get stateType(): BatchType | null {
    return this.#host.backend?.type ?? null;
  }

  get counts(): StateCounts {
    return this.#host.counts;
  }

  get nextTimerMs(): number {
    return this.#host.processingTimers?.nextMs ?? Number.POSITIVE_INFINITY;
  }

  async open(): Promise<void> {
    for (const { target } of this.#host.outputs) target.open();
    await this.#checkpoints.initialize(this.#host.runtimeContext);
    await this.#operator.open();
  }

  process(view: BatchView, cursor: Cursor, which = 0): number {
    const input = this.#inputs[which];
    if (input === undefined) throw new TypeError(`there is no input ${which}`);
    return this.#run(() => {
      const { state } = this.#host;
      if (input.schema !== view.schema) this.#operator.useSchema?.(view.schema, which);
      const reader = input.open(view, cursor.row === 0);
      while (cursor.row < view.rowCount) {
        const row = cursor.row;
        cursor.row = row + 1;
        const record = reader.read(row);
        const { access } = input;
        if (access === null) state?.clearCurrentKey();
        else
          state?.setCurrentKey(
            access.stateKeyOf(record, reader, row),
            access.keyGroupOf(reader, row),
          );
        this.#operator.processElement(record, reader.readTimestamp(row), which);
        if (!this.#host.hasRoom) return STATUS_OUTPUT_FULL;
      }
      return STATUS_DONE;
    });
  }

  watermark(watermarkMs: bigint, cursor: Cursor): number {
    if (cursor.step !== FIRING) {
      cursor.step = FIRING;
      this.#host.currentWatermark = watermarkMs;
    }
    const { eventTimers } = this.#host;
    return this.#fire(eventTimers, watermarkMs, (timer) => this.#operator.onEventTime(timer));
  }

  timer(nowMs: bigint): number {
    const { processingTimers } = this.#host;
    return this.#fire(processingTimers, nowMs, (timer) => this.#operator.onProcessingTime(timer));
  }

  endOfInput(cursor: Cursor): number {
    return this.#run(() => {
      if (cursor.step === FIRING) return STATUS_DONE;
      cursor.step = FIRING;
      this.#host.state?.clearCurrentKey();
      this.#operator.endOfInput();
      return this.#host.hasRoom ? STATUS_DONE : STATUS_OUTPUT_FULL;
    });
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  /** Records that found no room are in front of the barrier. */
  prepareBarrier(): number {
    return this.#run(() => STATUS_DONE);
  }

  freeze(checkpointId: bigint): void {
    this.#host.state?.clearCurrentKey();
    this.#checkpoints.freeze(checkpointId);
    this.#host.backend?.freeze();
  }

  operatorState(): readonly OperatorStateEntry[] {
    return this.#checkpoints.state();
  }

  restoreOperatorState(entries: readonly OperatorStateEntry[]): void {
    this.#checkpoints.restore(entries);
  }

  notifyCheckpointComplete(checkpointId: bigint): Promise<void> {
    return this.#checkpoints.complete(checkpointId);
  }

  notifyCheckpointAborted(checkpointId: bigint): void {
    this.#checkpoints.aborted(checkpointId);
  }

  encodeStep(target: BatchBuilder): number {
    return this.#host.backend?.encodeStep(target) ?? STATUS_DONE;
  }

  restore(rows: BatchView): void {
    this.#host.restore(rows);
  }

  async close(): Promise<void> {
    await closeAll([this.#checkpoints, ...this.#host.outputs, this.#operator]);
    this.#host.backend?.clear();
  }

  /** One call of the segment: the outputs begin and end with it. */
  #run(action: () => number): number {
    const host = this.#host;
    host.begin();
    try {
      return host.hasRoom ? action() : STATUS_OUTPUT_FULL;
    } finally {
      host.end();
    }
  }

  #fire(
    timers: TimerQueue | null,
    time: bigint,
    fire: (timer: NonNullable<ReturnType<TimerQueue["popDue"]>>) => void,
  ): number {
    const { state } = this.#host;
    if (timers === null || state === null) return STATUS_DONE;
    return this.#run(() => {
      for (;;) {
        const timer = timers.popDue(time, state);
        if (timer === null) return STATUS_DONE;
        fire(timer);
        if (!this.#host.hasRoom) return STATUS_OUTPUT_FULL;
      }
    });
  }
}

/** Reads the batches of one input. */
class InputReader {
  readonly access: KeyAccess | null;
  schema: Schema | null = null;
  #reader: RowReader | null = null;

  constructor({ key, type }: ProcessInput, operatorName: string, context: SegmentContext) {
    const { maxParallelism } = context;
    this.access =
      key === null ? null : new KeyAccess({ key, inputType: type, maxParallelism, operatorName });
  }

  /** @param isNew nothing of the batch was read yet */
  open(view: BatchView, isNew: boolean): RowReader {
    let reader = this.#reader;
    if (reader === null || this.schema !== view.schema) {
      // State keeps what it is given for long: it must not keep whole batches alive by their strings.
      reader = createRowReader(view.schema, "copies");
      this.#reader = reader;
      this.schema = view.schema;
      reader.open(view);
      this.access?.useSchema(view.schema);
    } else if (isNew) {
      reader.open(view);
    }
    return reader;
  }
}

class Host implements OperatorHost {
  readonly operatorName: string;
  readonly runtimeContext: OperatorHost["runtimeContext"];
  readonly metrics: OperatorHost["metrics"];
  /** Of keyed state and of broadcast state; null = there is neither. */
  readonly backend: KeyedBackend | null;
  readonly state: KeyedBackend | null;
  readonly scope: StateScope | null;
  readonly broadcastStates: BroadcastStates | null;
  readonly eventTimers: TimerQueue | null;
  readonly processingTimers: TimerQueue | null;
  readonly outputs: readonly QueuedOutput[];
  currentWatermark = NO_WATERMARK;
  readonly #main: QueuedOutput;
  readonly #sides = new Map<string, QueuedOutput>();
  readonly #context: SegmentContext;

  constructor(
    { operatorName, output, sideOutputs, context, broadcastStates }: ProcessParts,
    access: KeyAccess | null,
  ) {
    const { metrics, maxRecordBytes } = context;
    this.operatorName = operatorName;
    this.metrics = metrics;
    this.#context = context;
    this.#main = new QueuedOutput(output, metrics);
    for (const [tag, target] of sideOutputs) {
      this.#sides.set(tag, new QueuedOutput(target, metrics));
    }
    this.outputs = [this.#main, ...this.#sides.values()];
    const names = broadcastStates ?? [];
    const backendAccess = access ?? (names.length === 0 ? null : noKeys(operatorName, context));
    this.backend =
      backendAccess && new KeyedBackend({ operatorName, maxRecordBytes, access: backendAccess });
    this.state = access && this.backend;
    this.broadcastStates =
      names.length > 0 && this.backend !== null
        ? new BroadcastStates(this.backend, context.maxParallelism, names)
        : null;
    this.scope = this.state && new StateScope(this.state, () => this.currentProcessingTime());
    this.runtimeContext =
      this.scope === null
        ? context.runtimeContext
        : new KeyedRuntimeContext(context.runtimeContext, this.scope);
    this.eventTimers = this.state && new TimerQueue(this.state, EVENT_TIMERS);
    this.processingTimers = this.state && new TimerQueue(this.state, PROCESSING_TIMERS);
  }

  get hasRoom(): boolean {
    for (const output of this.outputs) if (!output.hasRoom) return false;
    return true;
  }

  get counts(): StateCounts {
    const eventTimers = this.eventTimers?.size ?? 0;
    const processingTimers = this.processingTimers?.size ?? 0;
    const others = eventTimers + processingTimers + (this.broadcastStates?.entryCount ?? 0);
    return { entries: (this.backend?.entryCount ?? 0) - others, eventTimers, processingTimers };
  }

  currentProcessingTime(): number {
    return this.#context.clock.now();
  }

  collect(record: unknown, timestampMs: Timestamp): void {
    this.#main.push(record, timestampMs);
  }

  collectTo(tag: string, record: unknown, timestampMs: Timestamp): boolean {
    const output = this.#sides.get(tag);
    output?.push(record, timestampMs);
    return output !== undefined;
  }

  begin(): void {
    for (const output of this.outputs) output.begin();
  }

  end(): void {
    for (const output of this.outputs) output.end();
  }

  restore(rows: BatchView): void {
    if (this.backend === null) throw new TypeError(`${this.operatorName} has no state`);
    this.backend.restore(rows);
    this.eventTimers?.rebuild();
    this.processingTimers?.rebuild();
  }
}

/** For state of a stream that is not keyed. */
function noKeys(operatorName: string, { maxParallelism }: SegmentContext): KeyAccess {
  const key = { kind: "key-column" } as const;
  return new KeyAccess({ key, inputType: null, maxParallelism, operatorName });
}
