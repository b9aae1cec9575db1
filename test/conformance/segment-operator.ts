/**
 * An operator of the engine as one segment, driven record by record with batches of one row. Keyed
 * operators get their key groups from the real partitioner; snapshots take the real encoding and are
 * restored in another memory.
 */

import {
  restoreSegment,
  type SegmentState,
  snapshotSegment,
} from "../../control/testing/segment-state.ts";
import { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import { RowScatter } from "../../dataplane/memory/row-scatter.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { KeySpec, OperatorSpec } from "../../dataplane/protocol/deployment.ts";
import { METRIC_COUNT } from "../../dataplane/protocol/metrics-layout.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../dataplane/protocol/status.ts";
import type { Clock } from "../../dataplane/worker/clock.ts";
import { HashPlanner } from "../../dataplane/worker/exchange/row-planners.ts";
import { SubtaskMetrics } from "../../dataplane/worker/metrics.ts";
import { createSegments } from "../../dataplane/worker/operators/create-segments.ts";
import { SubtaskRuntimeContext } from "../../dataplane/worker/runtime-context.ts";
import type {
  Cursor,
  Segment,
  SegmentContext,
  SegmentOutput,
} from "../../dataplane/worker/segment.ts";
import type { ControlEvent } from "../../dataplane/worker/stream-event.ts";
import {
  buildBatch,
  createMemory,
  MAX_RECORD_BYTES,
  readBatch,
  type TimedValue,
} from "./batches.ts";
import type { Operator, SideElement, StreamElement } from "./operator.ts";

/** A function in JavaScript, and whether it was called: compiled code gives single rows up. */
export class ObservedFunction {
  wasCalled = false;
  readonly call: (...args: readonly unknown[]) => unknown;

  constructor(fn: (...args: readonly never[]) => unknown) {
    this.call = (...args) => {
      this.wasCalled = true;
      return fn(...(args as never[]));
    };
  }
}

export interface SegmentPlan {
  readonly spec: OperatorSpec;
  /** The function of role "fn"; undefined = the operator has none, or makes it anew. */
  readonly fn?: ObservedFunction;
  /** Functions of other roles. */
  readonly functions?: ReadonlyMap<string, unknown>;
  /** Makes the function object of role "fn" for every operator, which runs in JavaScript. */
  readonly createFunction?: () => object;
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  /** Of a function that is compiled; null or absent = it has no module, and runs in JavaScript. */
  readonly loadModule?: (() => Promise<WebAssembly.Module>) | null;
  /** Of a function object that takes several, by id. */
  readonly loadModules?: () => Promise<ReadonlyMap<string, WebAssembly.Module>>;
}

/** Stands where the vectors set it; a restored operator goes on with the one it had. */
class VectorClock implements Clock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  monotonic(): number {
    return this.nowMs;
  }
}

export class SegmentOperator implements Operator {
  readonly #plan: SegmentPlan;
  readonly #memory: TaskMemory;
  readonly #segment: Segment;
  readonly #inputs: readonly Input[];
  readonly #clock: VectorClock;
  #sideElements: SideElement[] = [];
  #module: WebAssembly.Module | null = null;
  #modules: ReadonlyMap<string, WebAssembly.Module> = new Map();
  #checkpointId = 0n;

  constructor(plan: SegmentPlan, clock = new VectorClock()) {
    this.#plan = plan;
    this.#memory = createMemory(plan.spec.name);
    this.#inputs = inputsOf(plan.spec);
    this.#clock = clock;
    const moduleOf = (id: string) => this.#modules.get(id) ?? this.#module;
    const [node] = createSegments(contextOf(plan, { memory: this.#memory, clock, moduleOf }));
    if (node === undefined) throw new TypeError(`${plan.spec.name} became no segment.`);
    if (node.segment.engine !== plan.spec.engine) {
      throw new TypeError(
        `${plan.spec.name} runs in ${node.segment.engine}, not ${plan.spec.engine}.`,
      );
    }
    this.#segment = node.segment;
  }

  get engines(): Operator["engines"] {
    const { fn, loadModule } = this.#plan;
    const hasModule = loadModule !== undefined && loadModule !== null;
    const isJs = fn !== undefined && (!hasModule || fn.wasCalled);
    return [isJs ? "js" : this.#segment.engine];
  }

  async open(): Promise<void> {
    this.#module = (await this.#plan.loadModule?.()) ?? null;
    this.#modules = (await this.#plan.loadModules?.()) ?? this.#modules;
    await this.#segment.open();
  }

  process(element: StreamElement, which = 0): Promise<StreamElement[]> {
    switch (element.kind) {
      case "record":
        return this.#processRecord(element, which);
      case "watermark":
        return this.#processWatermark(element.timestamp);
      case "status":
        return Promise.resolve(this.#segment.keeps?.has("status") ? [] : [element]);
    }
  }

  finish(): Promise<StreamElement[]> {
    return this.#run((cursor) => this.#segment.endOfInput(cursor));
  }

  advanceClock(ms: bigint): Promise<StreamElement[]> {
    this.#clock.nowMs = Number(ms);
    return this.#run((cursor) => this.#segment.timer(ms, cursor));
  }

  takeSideOutputs(): readonly SideElement[] {
    const taken = this.#sideElements;
    this.#sideElements = [];
    return taken;
  }

  async snapshotAndRestore(): Promise<SegmentOperator> {
    const snapshot = this.snapshot();
    await this.close();
    const restored = new SegmentOperator(this.#plan, this.#clock);
    await restored.open();
    restored.restore([snapshot]);
    return restored;
  }

  snapshot(): SegmentState {
    this.#checkpointId += 1n;
    return snapshotSegment(this.#segment, this.#memory, this.#checkpointId);
  }

  /** Takes the rows of its own key groups. */
  restore(snapshots: readonly SegmentState[]): void {
    for (const state of snapshots) {
      restoreSegment(this.#segment, this.#memory, state, this.#plan);
    }
  }

  async close(): Promise<void> {
    await this.#segment.close();
    this.#memory.dispose();
  }

  async #processRecord(row: TimedValue, which: number): Promise<StreamElement[]> {
    const { schema, key } = this.#inputs[which] as Input;
    const batch = buildBatch(this.#memory, schema, [row]);
    if (key === null) return this.#feed(batch, which);
    const keyed = withKeyGroups(batch, key, this.#plan.maxParallelism);
    batch.dispose();
    return this.#feed(keyed, which);
  }

  async #feed(batch: BatchBuilder, which: number): Promise<StreamElement[]> {
    const elements = await this.#run((cursor) => this.#segment.process(batch, cursor, which));
    batch.dispose();
    return elements;
  }

  async #processWatermark(timestamp: bigint): Promise<StreamElement[]> {
    const fired = await this.#run((cursor) => this.#segment.watermark(timestamp, cursor));
    const isKept = this.#segment.keeps?.has("watermark") === true;
    return isKept ? fired : [...fired, { kind: "watermark", timestamp }];
  }

  #takeControl(): StreamElement[] {
    const elements: StreamElement[] = [];
    for (;;) {
      const event = this.#segment.takeControl?.() ?? null;
      if (event === null) return elements;
      elements.push(elementOf(event));
    }
  }

  /** Calls the segment until it is done and takes what it puts out. */
  async #run(call: (cursor: Cursor) => number): Promise<StreamElement[]> {
    const elements: StreamElement[] = [];
    const cursor: Cursor = { row: 0, step: 0 };
    for (;;) {
      const status = call(cursor);
      for (const output of this.#segment.outputs) {
        const tag = this.#plan.spec.sideOutputs?.[output.output - 1]?.tag;
        for (const element of takeRows(output)) {
          if (tag === undefined) elements.push(element);
          else this.#sideElements.push({ tag, element });
        }
      }
      elements.push(...this.#takeControl());
      if (status === STATUS_DONE) return elements;
      if (status === STATUS_NEED_HOST) await this.#segment.hostWork();
    }
  }
}

/** Control events as the vectors have them. */
function elementOf(event: ControlEvent): StreamElement {
  switch (event.kind) {
    case "watermark":
      return { kind: "watermark", timestamp: event.watermarkMs };
    case "status":
      return { kind: "status", status: event.status === "idle" ? "IDLE" : "ACTIVE" };
    default:
      throw new TypeError(`An operator put out ${event.kind}.`);
  }
}

interface Input {
  readonly schema: Schema;
  readonly key: KeySpec | null;
}

function inputsOf(spec: OperatorSpec): readonly Input[] {
  const only = { type: spec.inputType, key: "key" in spec ? spec.key : null };
  return ("inputs" in spec ? spec.inputs : [only]).map(({ type, key }) => {
    if (type === null) throw new TypeError("Operators of vectors have declared types.");
    return { schema: Schema.of(type), key };
  });
}

function takeRows({ builder }: SegmentOutput): readonly StreamElement[] {
  if (builder === null) return [];
  const rows = readBatch(builder).map((row) => ({ kind: "record", ...row }) as const);
  builder.reset();
  return rows;
}

/** The rows with the key groups that the exchange in front of a keyed operator gives them. */
function withKeyGroups(batch: BatchBuilder, key: KeySpec, maxParallelism: number): BatchBuilder {
  const { memory, schema, flags } = batch;
  const options = { key, maxParallelism, channelCount: 1, operatorName: "keyBy" };
  const planner = new HashPlanner(memory, options);
  const scatter = new RowScatter(memory, 1);
  const keyed = new BatchBuilder(memory, schema, { flags: flags | planner.extraFlags });
  scatter.gather(batch, 0, keyed, planner.plan(batch, scatter));
  scatter.dispose();
  planner.dispose();
  return keyed;
}

/** What a segment is created with. */
export function contextOf(
  plan: SegmentPlan,
  { memory, clock, moduleOf }: Pick<SegmentContext, "memory" | "clock" | "moduleOf">,
): SegmentContext {
  const { spec, fn, createFunction, functions, subtaskIndex, parallelism, maxParallelism } = plan;
  const metrics = new SubtaskMetrics(new SharedArrayBuffer(METRIC_COUNT * 8), 0);
  return {
    operators: [spec],
    subtaskIndex,
    parallelism,
    maxParallelism,
    memory,
    clock,
    metrics,
    maxRecordBytes: MAX_RECORD_BYTES,
    moduleOf,
    functionOf: (_operatorId, role) =>
      role === "fn" ? (createFunction?.() ?? fn?.call) : functions?.get(role),
    runtimeContext: new SubtaskRuntimeContext({
      name: spec.name,
      subtaskIndex,
      parallelism,
      maxParallelism,
      attempt: 0,
    }),
    requestSplits: () => undefined,
    report: () => undefined,
    reportRoom: () => null,
    wake: () => undefined,
    after: () => () => undefined,
  };
}
