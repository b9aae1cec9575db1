/**
 * A subtask as a worker runs it, as small as it can be: sources emit numbered records, operators number
 * the records of each source as they come, sinks collect them and commit in two phases.
 */
import type { CheckpointProperties } from "../../../control/checkpoint/coordinator-types.ts";
import type { SubtaskId } from "../../../control/checkpoint/topology.ts";

export interface SimRecord {
  readonly source: SubtaskId;
  readonly number: number;
  /** Given by the operator it went through: how many of this source it has seen. */
  readonly seen: { readonly by: SubtaskId; readonly count: number } | null;
}

export type Element =
  | { readonly kind: "record"; readonly record: SimRecord }
  | ({ readonly kind: "barrier"; readonly checkpointId: number } & CheckpointProperties)
  | { readonly kind: "end" };

export class SimChannel {
  readonly producer: SubtaskId;
  readonly consumer: SubtaskId;
  readonly elements: Element[] = [];
  hasEnded = false;

  constructor(producer: SubtaskId, consumer: SubtaskId) {
    this.producer = producer;
    this.consumer = consumer;
  }
}

export interface TaskState {
  readonly position: number;
  readonly counts: ReadonlyMap<SubtaskId, number>;
  readonly committables: readonly Committable[];
}

export interface Committable {
  readonly id: string;
  readonly checkpointId: number;
  readonly records: readonly SimRecord[];
}

export interface TaskPorts {
  running(): void;
  waiting(): void;
  finished(): void;
  /** Store it, then acknowledge or decline; `done` when that is said. */
  snapshot(checkpointId: number, state: TaskState, done: () => void): void;
  commit(committable: Committable): void;
}

export interface TaskOptions {
  readonly id: SubtaskId;
  readonly inputs: readonly SimChannel[];
  readonly outputs: readonly SimChannel[];
  readonly capacity: number;
  /** Of a source: how many it emits. */
  readonly recordCount: number;
  /** null = it had finished. */
  readonly restored: TaskState | null;
  readonly alignment: "EXACTLY_ONCE" | "AT_LEAST_ONCE" | "none";
  /** Planted bugs: it finishes while snapshots are being written, or a savepoint that stops it is. */
  readonly finishesEarly: boolean;
  readonly stopsEarly: boolean;
  readonly ports: TaskPorts;
}

interface Alignment {
  readonly checkpointId: number;
  readonly properties: CheckpointProperties;
  readonly arrived: Set<SimChannel>;
}

export const EMPTY_STATE: TaskState = { position: 0, counts: new Map(), committables: [] };

export class SimTask {
  readonly id: SubtaskId;
  readonly #options: TaskOptions;
  #position: number;
  readonly #counts: Map<SubtaskId, number>;
  #committables: Committable[];
  #buffer: SimRecord[] = [];
  #alignment: Alignment | null = null;
  #lastBarrier = 0;
  readonly #aborted = new Set<number>();
  readonly #announced: Alignment[] = [];
  #snapshots = 0;
  #phase: "created" | "running" | "at-end" | "finished" = "created";
  /** The savepoint that stops it. */
  #stopsWith: number | null = null;
  #isStopped = false;
  #isWaiting = false;
  isHung = false;

  constructor(options: TaskOptions) {
    const state = options.restored ?? EMPTY_STATE;
    this.id = options.id;
    this.#options = options;
    this.#position = options.restored === null ? options.recordCount : state.position;
    this.#counts = new Map(state.counts);
    this.#committables = [...state.committables];
  }

  get isOpen(): boolean {
    return this.#phase !== "created";
  }

  get hasFinished(): boolean {
    return this.#phase === "finished";
  }

  get #isSource(): boolean {
    return this.#options.inputs.length === 0;
  }

  get #isSink(): boolean {
    return this.#options.outputs.length === 0;
  }

  /** Whether step() would do something. */
  canStep(): boolean {
    if (this.isHung || this.#phase === "finished") return false;
    if (this.#phase === "created") return true;
    if (this.#phase === "at-end") return this.#mayFinish();
    return this.#isSource ? this.#hasRoom() : this.#readable().length > 0;
  }

  step(pick: <T>(values: readonly T[]) => T): void {
    if (this.#phase === "created") this.#open();
    else if (this.#phase === "at-end") this.#finish();
    else if (this.#isSource) this.#emitNext();
    else this.#take(pick(this.#readable()));
  }

  trigger(checkpointId: number, properties: CheckpointProperties): void {
    if (this.hasFinished || this.#aborted.has(checkpointId)) return;
    const alignment = { checkpointId, properties, arrived: new Set<SimChannel>() };
    if (this.#isSource) this.#passBarrier(alignment);
    else {
      this.#announced.push(alignment);
      this.#checkAnnounced();
    }
  }

  complete(checkpointId: number): void {
    if (checkpointId === this.#stopsWith) this.#stopsWith = null;
    this.#commitUpTo(checkpointId);
  }

  abort(checkpointId: number): void {
    this.#aborted.add(checkpointId);
    if (this.#alignment?.checkpointId === checkpointId) this.#alignment = null;
  }

  #open(): void {
    this.#phase = "running";
    this.#options.ports.running();
    // What was restored belongs to a checkpoint that is complete.
    this.#commitUpTo(Number.POSITIVE_INFINITY);
    if (this.#options.restored === null) this.#end();
  }

  #hasRoom(): boolean {
    const { outputs, capacity } = this.#options;
    return outputs.every(({ elements }) => elements.length < capacity);
  }

  #emitNext(): void {
    if (this.#isStopped || this.#position >= this.#options.recordCount) {
      this.#end();
      return;
    }
    this.#position += 1;
    this.#emit({ source: this.id, number: this.#position, seen: null });
  }

  #emit(record: SimRecord): void {
    const { outputs } = this.#options;
    outputs[record.number % outputs.length]?.elements.push({ kind: "record", record });
  }

  #readable(): readonly SimChannel[] {
    const blocked = this.#options.alignment === "EXACTLY_ONCE" ? this.#alignment?.arrived : null;
    const hasRoom = this.#hasRoom();
    return this.#options.inputs.filter(
      (channel) =>
        channel.elements.length > 0 &&
        !(blocked?.has(channel) ?? false) &&
        (hasRoom || channel.elements[0]?.kind !== "record"),
    );
  }

  #take(channel: SimChannel): void {
    const element = channel.elements.shift();
    if (element === undefined) return;
    if (element.kind === "record") this.#process(element.record);
    else if (element.kind === "barrier") this.#align(channel, element.checkpointId, element);
    else {
      channel.hasEnded = true;
      this.#checkAligned();
      this.#checkAnnounced();
      if (this.#haveInputsEnded()) this.#end();
    }
  }

  #process(record: SimRecord): void {
    if (this.#isSink) {
      this.#buffer.push(record);
      return;
    }
    const count = (this.#counts.get(record.source) ?? 0) + 1;
    this.#counts.set(record.source, count);
    this.#emit({ ...record, seen: { by: this.id, count } });
  }

  #align(channel: SimChannel, checkpointId: number, properties: CheckpointProperties): void {
    if (checkpointId <= this.#lastBarrier || this.#aborted.has(checkpointId)) return;
    if (this.#alignment === null || this.#alignment.checkpointId < checkpointId) {
      this.#alignment = { checkpointId, properties, arrived: new Set() };
    }
    if (this.#alignment.checkpointId === checkpointId) this.#alignment.arrived.add(channel);
    this.#checkAligned();
  }

  #checkAligned(): void {
    const alignment = this.#alignment;
    if (alignment === null) return;
    const isArrived = (channel: SimChannel) => channel.hasEnded || alignment.arrived.has(channel);
    const isDone = this.#options.inputs.every(isArrived) || this.#options.alignment === "none";
    if (!isDone) return;
    this.#alignment = null;
    this.#passBarrier(alignment);
  }

  /** Barriers that no channel brings are passed when all channels have ended. */
  #checkAnnounced(): void {
    if (!this.#haveInputsEnded()) return;
    for (const alignment of this.#announced.splice(0)) {
      if (!this.#aborted.has(alignment.checkpointId)) this.#passBarrier(alignment);
    }
  }

  #haveInputsEnded(): boolean {
    return this.#options.inputs.every(({ hasEnded }) => hasEnded);
  }

  #passBarrier({ checkpointId, properties }: Alignment): void {
    if (checkpointId <= this.#lastBarrier) return;
    const hasEnded = this.#phase === "at-end";
    // It is about to say that it has finished, which counts.
    if (hasEnded && !this.#isWaiting) return;
    this.#lastBarrier = checkpointId;
    if (this.#isSink && this.#buffer.length > 0) {
      const records = this.#buffer;
      this.#committables.push({ id: `${this.id}@${checkpointId}`, checkpointId, records });
      this.#buffer = [];
    }
    for (const { elements } of hasEnded ? [] : this.#options.outputs) {
      elements.push({ ...properties, kind: "barrier", checkpointId });
    }
    if (properties.stop !== null) {
      this.#isStopped = true;
      this.#stopsWith = checkpointId;
    }
    this.#snapshots += 1;
    const state: TaskState = {
      position: this.#position,
      counts: new Map(this.#counts),
      committables: [...this.#committables],
    };
    this.#options.ports.snapshot(checkpointId, state, () => {
      this.#snapshots -= 1;
    });
  }

  #commitUpTo(checkpointId: number): void {
    const isCovered = (committable: Committable) => committable.checkpointId <= checkpointId;
    for (const committable of this.#committables.filter(isCovered)) {
      this.#options.ports.commit(committable);
    }
    this.#committables = this.#committables.filter((committable) => !isCovered(committable));
  }

  #end(): void {
    if (this.#phase !== "running") return;
    this.#phase = "at-end";
    for (const { elements } of this.#options.outputs) elements.push({ kind: "end" });
    if (!this.#hasCommittedAll()) {
      this.#isWaiting = true;
      this.#options.ports.waiting();
    }
  }

  #hasCommittedAll(): boolean {
    return this.#buffer.length === 0 && this.#committables.length === 0;
  }

  #mayFinish(): boolean {
    if (this.#isWaiting && !this.#hasCommittedAll()) return false;
    if (this.#stopsWith !== null && !this.#options.stopsEarly) return false;
    return this.#snapshots === 0 || this.#options.finishesEarly;
  }

  #finish(): void {
    this.#phase = "finished";
    this.#options.ports.finished();
  }
}
