/**
 * The second step of a sink: what its writer prepared belongs to a checkpoint from the moment the barrier
 * comes, and is committed when that checkpoint, or a later one, is complete.
 *
 * Invariants: a committable is in #prepared, in #pending or committed; it is part of every snapshot
 * until its commit has succeeded, since nobody knows how far one has got that failed.
 */
import type { CommitAttempt, Committer } from "../../connectors/sink.ts";

interface Pending {
  readonly checkpointId: bigint;
  readonly committables: readonly unknown[];
}

export class SinkCommits {
  readonly #committer: Committer<unknown>;
  #prepared: unknown[] = [];
  #pending: Pending[] = [];
  /** Commits follow each other. */
  #work: Promise<void> = Promise.resolve();

  constructor(committer: Committer<unknown>) {
    this.#committer = committer;
  }

  /** Something waits for a checkpoint. */
  get isWaiting(): boolean {
    return this.#prepared.length > 0 || this.#pending.length > 0;
  }

  prepare(committables: readonly unknown[]): void {
    this.#prepared.push(...committables);
  }

  freeze(checkpointId: bigint): void {
    if (this.#prepared.length === 0) return;
    this.#pending.push({ checkpointId, committables: this.#prepared });
    this.#prepared = [];
  }

  /** All that is not committed, as of the last freeze(). */
  snapshot(): readonly unknown[] {
    return this.#pending.flatMap(({ committables }) => committables);
  }

  /** Of a snapshot, which was complete: they are due. */
  restore(committables: readonly unknown[]): Promise<void> {
    return this.#commit(committables, "repeated");
  }

  complete(checkpointId: bigint): Promise<void> {
    this.#work = this.#work.then(() => this.#commitUpTo(checkpointId));
    return this.#work;
  }

  /** There are no checkpoints, and no more input. */
  async commitAll(): Promise<void> {
    await this.#commit(this.#prepared, "first");
    this.#prepared = [];
  }

  async close(): Promise<void> {
    // Whoever asked for the commit was told that it failed.
    await this.#work.catch(() => undefined);
    await this.#committer.close();
  }

  async #commitUpTo(checkpointId: bigint): Promise<void> {
    const due = this.#pending.filter((pending) => pending.checkpointId <= checkpointId);
    for (const { committables } of due) await this.#commit(committables, "first");
    this.#pending = this.#pending.filter((pending) => !due.includes(pending));
  }

  async #commit(committables: readonly unknown[], attempt: CommitAttempt): Promise<void> {
    if (committables.length > 0) await this.#committer.commit(committables, attempt);
  }
}
