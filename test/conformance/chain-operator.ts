/**
 * An operator of the engine as a chain of one segment, for operators that put out on their own: its
 * input waits while it has no room, and what it says it has to put out, it is called for.
 */

import { ManualClock } from "../../control/common/manual-clock.ts";
import { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import { BatchView } from "../../dataplane/memory/batch-view.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import { STATUS_DONE } from "../../dataplane/protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../dataplane/protocol/view-layout.ts";
import { Chain } from "../../dataplane/worker/chain.ts";
import type { ChainTarget } from "../../dataplane/worker/chain-step.ts";
import { createSegments } from "../../dataplane/worker/operators/create-segments.ts";
import type { Segment } from "../../dataplane/worker/segment.ts";
import type { StreamEvent } from "../../dataplane/worker/stream-event.ts";
import { settle } from "../unit/dataplane/worker/stepped-job.ts";
import { buildBatch, createMemory, readBatch } from "./batches.ts";
import type { Operator, StreamElement } from "./operator.ts";
import { contextOf, type SegmentPlan } from "./segment-operator.ts";

export class ChainOperator implements Operator {
  readonly engines = ["js"] as const;
  readonly #memory;
  readonly #segment: Segment;
  readonly #chain: Chain;
  readonly #inputSchema: Schema;
  readonly #clock: ManualClock;
  readonly #events: StreamEvent[] = [];
  /** The event begun last. */
  #current: StreamEvent | null = null;
  #output: StreamElement[] = [];

  /** @param functionOf by role */
  constructor(
    plan: SegmentPlan,
    functionOf: (role: string) => unknown,
    clock: ManualClock = new ManualClock(),
  ) {
    const { spec } = plan;
    if (spec.inputType === null) throw new TypeError("Operators of vectors have declared types.");
    this.#memory = createMemory(spec.name);
    this.#clock = clock;
    this.#inputSchema = Schema.of(spec.inputType);
    const context = contextOf(plan, { memory: this.#memory, clock, moduleOf: () => null });
    const nodes = createSegments({
      ...context,
      after: (delayMs, callback) => clock.after(delayMs, callback),
      functionOf: (_operatorId, role) => functionOf(role),
    });
    const [node] = nodes;
    if (node === undefined) throw new TypeError(`${spec.name} became no segment.`);
    this.#segment = node.segment;
    const exit = { operatorId: spec.id, output: 0, target: this.#target() };
    this.#chain = new Chain(nodes, [exit], { wake: () => undefined, sourceRows: () => undefined });
  }

  get clock(): ManualClock {
    return this.#clock;
  }

  async open(): Promise<void> {
    await this.#segment.open();
  }

  process(element: StreamElement): Promise<StreamElement[]> {
    this.#events.push(this.#eventOf(element));
    return this.run();
  }

  finish(): Promise<StreamElement[]> {
    this.#events.push({ kind: "end" });
    return this.run();
  }

  advanceClock(ms: bigint): Promise<StreamElement[]> {
    this.#clock.advance(Number(ms) - this.#clock.now());
    if (!this.#chain.isBusy) this.#chain.begin({ kind: "timer", nowMs: ms });
    return this.run();
  }

  snapshotAndRestore(): Promise<Operator> {
    throw new TypeError("Needs the functions of a new operator.");
  }

  /** Gets on with all there is to do; answers what came out. */
  async run(): Promise<StreamElement[]> {
    while (this.#chain.isBusy || this.#beginNext()) {
      const progress = this.#chain.advance();
      if (progress === "waiting") {
        await settle();
        if (this.#chain.isWaiting) break;
      }
    }
    return this.#output.splice(0);
  }

  /** Rows of state as one sealed batch. */
  snapshot(): Uint8Array {
    this.#segment.freeze(1n);
    const target = new BatchBuilder(this.#memory, this.#stateSchema, {
      flags: BUILDER_WITH_TIMESTAMPS,
    });
    if (this.#segment.encodeStep(target) !== STATUS_DONE) {
      throw new TypeError("The state of vectors fits in a batch.");
    }
    const batch = new Uint8Array(target.sealedLength());
    target.sealInto(batch, 0, 0);
    target.dispose();
    return batch;
  }

  restore(batch: Uint8Array): void {
    const ptr = this.#memory.alloc(batch.length);
    this.#memory.u8.set(batch, ptr);
    const view = BatchView.open(this.#memory, this.#stateSchema, ptr);
    this.#segment.restore(view);
    view.dispose();
    this.#memory.free(ptr, batch.length);
  }

  async close(): Promise<void> {
    await this.#segment.close();
    for (const event of [this.#current, ...this.#events]) dispose(event);
    this.#memory.dispose();
  }

  get #stateSchema(): Schema {
    const { stateType } = this.#segment;
    if (stateType === null) throw new TypeError("The operator has no state.");
    return Schema.of(stateType);
  }

  #beginNext(): boolean {
    if (this.#segment.nextTimerMs === Number.NEGATIVE_INFINITY) {
      this.#chain.begin({ kind: "timer", nowMs: BigInt(this.#clock.now()) });
      return true;
    }
    dispose(this.#current);
    this.#current = this.#events.shift() ?? null;
    if (this.#current === null) return false;
    this.#chain.begin(this.#current);
    return true;
  }

  #eventOf(element: StreamElement): StreamEvent {
    switch (element.kind) {
      case "record":
        return { kind: "data", view: buildBatch(this.#memory, this.#inputSchema, [element]) };
      case "watermark":
        return { kind: "watermark", watermarkMs: element.timestamp };
      case "status":
        return { kind: "status", status: element.status === "IDLE" ? "idle" : "active" };
    }
  }

  #target(): ChainTarget {
    return {
      write: (batch) => {
        for (const row of readBatch(batch)) this.#output.push({ kind: "record", ...row });
        return true;
      },
      writeControl: (event) => {
        if (event.kind === "watermark") {
          this.#output.push({ kind: "watermark", timestamp: event.watermarkMs });
        } else if (event.kind === "status") {
          const status = event.status === "idle" ? "IDLE" : "ACTIVE";
          this.#output.push({ kind: "status", status });
        }
        return true;
      },
    };
  }
}

function dispose(event: StreamEvent | null): void {
  if (event?.kind === "data") event.view.dispose();
}
