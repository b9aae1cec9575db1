/**
 * Slots of the cluster. A job gets all it needs at once or waits; jobs get theirs in the order in which they asked,
 * so that a large one is not kept waiting by small ones for ever.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";

interface Request {
  readonly jobId: string;
  readonly slots: number;
  readonly granted: () => void;
}

export class SlotPool {
  readonly total: number;
  readonly #taken = new Map<string, number>();
  readonly #queue: Request[] = [];

  constructor(total: number) {
    this.total = total;
  }

  get free(): number {
    let free = this.total;
    for (const slots of this.#taken.values()) free -= slots;
    return free;
  }

  /** Slots that a job has; 0 while it waits. */
  takenBy(jobId: string): number {
    return this.#taken.get(jobId) ?? 0;
  }

  /**
   * `granted` is called when the job has its slots, at once if there are enough. Throws MR_SLOTS_NOT_ENOUGH
   * where there can never be.
   */
  request(jobId: string, slots: number, granted: () => void): void {
    if (slots > this.total) {
      throw new EngineError("MR_SLOTS_NOT_ENOUGH", { needed: slots, available: this.total });
    }
    this.#queue.push({ jobId, slots, granted });
    this.#grant();
  }

  /** Gives back what the job has, or takes back what it asked for. */
  release(jobId: string): void {
    this.#taken.delete(jobId);
    const index = this.#queue.findIndex((request) => request.jobId === jobId);
    if (index >= 0) this.#queue.splice(index, 1);
    this.#grant();
  }

  #grant(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (next.slots > this.free) return;
      this.#queue.shift();
      this.#taken.set(next.jobId, next.slots);
      next.granted();
    }
  }
}
