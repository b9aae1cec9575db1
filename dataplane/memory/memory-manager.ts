/**
 * The memory budget of one slot. Every byte of linear memory and every buffer of a subtask is borrowed
 * here first and given back when it goes.
 *
 * Invariants: 0 <= borrowed <= budgetBytes; borrowed is the sum over all owners; an owner that has
 * nothing borrowed is not listed.
 */
import { EngineError } from "../protocol/errors.ts";

export class MemoryManager {
  readonly budgetBytes: number;
  readonly #byOwner = new Map<string, number>();
  #borrowed = 0;

  constructor(budgetBytes: number) {
    if (!Number.isSafeInteger(budgetBytes) || budgetBytes < 0) {
      throw new TypeError(`budgetBytes is ${budgetBytes}; expected an integer from 0`);
    }
    this.budgetBytes = budgetBytes;
  }

  get borrowed(): number {
    return this.#borrowed;
  }

  get available(): number {
    return this.budgetBytes - this.#borrowed;
  }

  /** Owners that have something borrowed. */
  get owners(): readonly string[] {
    return [...this.#byOwner.keys()];
  }

  borrowedBy(owner: string): number {
    return this.#byOwner.get(owner) ?? 0;
  }

  /** Like borrow(), but answers whether there was room instead of throwing. */
  tryBorrow(owner: string, bytes: number): boolean {
    checkBytes(bytes);
    if (bytes > this.available) return false;
    if (bytes === 0) return true;
    this.#borrowed += bytes;
    this.#byOwner.set(owner, this.borrowedBy(owner) + bytes);
    return true;
  }

  /** Errors: MR_MEMORY_EXHAUSTED. */
  borrow(owner: string, bytes: number): void {
    if (!this.tryBorrow(owner, bytes)) throw this.exhausted(owner, bytes);
  }

  giveBack(owner: string, bytes: number): void {
    checkBytes(bytes);
    const held = this.borrowedBy(owner);
    if (bytes > held) throw new TypeError(`${owner} gives back ${bytes} of ${held} bytes`);
    this.#borrowed -= bytes;
    if (bytes === held) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, held - bytes);
  }

  /** The error for a request that the budget, as it is now, cannot meet. */
  exhausted(owner: string, bytes: number): EngineError {
    return new EngineError("MR_MEMORY_EXHAUSTED", {
      subtask: owner,
      requested: bytes,
      available: this.available,
      budget: this.budgetBytes,
    });
  }
}

function checkBytes(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new TypeError(`bytes is ${bytes}; expected an integer from 0`);
  }
}
