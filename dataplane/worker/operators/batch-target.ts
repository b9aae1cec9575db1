/**
 * A target whose consumer takes batches: records of JavaScript operators go through a builder, batches
 * that lie ready are handed over as they are.
 *
 * Invariants: while #handedOver is not settled, nobody touches the builder or the batch that was taken.
 */
import type { BatchView } from "../../memory/batch-view.ts";
import { STATUS_DONE, STATUS_NEED_HOST, STATUS_OUTPUT_FULL } from "../../protocol/status.ts";
import type { OutputTarget } from "./output-target.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";

export interface BatchConsumer {
  open(): void | Promise<void>;
  /** null = there is room; else settled when there is. */
  room(): Promise<void> | null;
  /** A promise = it is not done with the batch before that is settled. */
  accept(batch: BatchView): Promise<void> | null;
  /** No more batches come; a promise = not done before that is settled. */
  finish(): Promise<void> | null;
  close(): void | Promise<void>;
}

export class BatchTarget implements RowTarget {
  readonly outputs = [];
  readonly takeBatch: (batch: BatchView) => number;
  readonly #buffer: OutputTarget;
  readonly #consumer: BatchConsumer;
  /** What the consumer is at work on. */
  #handedOver: Promise<void> | null = null;
  #isTaking = false;
  #isFinishing = false;

  constructor(buffer: OutputTarget, consumer: BatchConsumer) {
    this.#buffer = buffer;
    this.#consumer = consumer;
    this.takeBatch = (batch) => this.#take(batch);
  }

  get status(): number {
    return this.#buffer.status;
  }

  async open(): Promise<void> {
    this.#buffer.open();
    await this.#consumer.open();
  }

  begin(): number {
    if (this.#handedOver !== null || this.#consumer.room() !== null) return STATUS_NEED_HOST;
    return this.#buffer.begin();
  }

  push(record: unknown, timestampMs: Timestamp): void {
    this.#buffer.push(record, timestampMs);
  }

  /** Hands over what there is: the next call of the segment may be long in coming. */
  end(): void {
    this.#buffer.end();
    const { builder } = this.#buffer;
    if (builder === null || builder.rowCount === 0) return;
    this.#handOver(this.#consumer.accept(builder), () => builder.reset());
  }

  /** STATUS_DONE: the consumer has dealt with all there was. */
  settle(): number {
    this.#buffer.end();
    // end() of the call hands them over first.
    if ((this.#buffer.builder?.rowCount ?? 0) > 0) return STATUS_OUTPUT_FULL;
    return this.#handedOver === null ? STATUS_DONE : STATUS_NEED_HOST;
  }

  finish(): number {
    const status = this.settle();
    if (status !== STATUS_DONE) return status;
    if (!this.#isFinishing) {
      this.#isFinishing = true;
      this.#handOver(this.#consumer.finish(), () => {});
    }
    return this.#handedOver === null ? STATUS_DONE : STATUS_NEED_HOST;
  }

  async hostWork(): Promise<void> {
    await this.#handedOver;
    await this.#consumer.room();
  }

  async close(): Promise<void> {
    this.#buffer.close();
    await this.#consumer.close();
  }

  #take(batch: BatchView): number {
    if (this.#handedOver !== null) return STATUS_NEED_HOST;
    if (this.#isTaking) {
      this.#isTaking = false;
      return STATUS_DONE;
    }
    if (this.#consumer.room() !== null) return STATUS_NEED_HOST;
    this.#handOver(this.#consumer.accept(batch), () => {});
    this.#isTaking = this.#handedOver !== null;
    return this.#isTaking ? STATUS_NEED_HOST : STATUS_DONE;
  }

  #handOver(work: Promise<void> | null, afterwards: () => void): void {
    if (work === null) {
      afterwards();
      return;
    }
    this.#handedOver = work.then(() => {
      afterwards();
      this.#handedOver = null;
    });
    // Its failure is for hostWork() to report, whenever that is asked.
    this.#handedOver.catch(() => {});
  }
}
