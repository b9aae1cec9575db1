/** Gives memory back that a subtask once needed: when most of it has been free for a while. */
import type { TaskMemory } from "../memory/task-memory.ts";

/** Smaller memories stay as they are. */
const SMALL_BYTES = 64 * 1024 * 1024;
/** Free is what is alive in at most this part of it. */
const LIVE_PART = 1 / 4;
/** Windows that close are mostly followed by others as large. */
const PATIENCE_MS = 5000;

export class MemoryWatch {
  readonly #memory: TaskMemory;
  #freeSinceMs: number | null = null;

  constructor(memory: TaskMemory) {
    this.#memory = memory;
  }

  /** Between two events; `nowMs` is monotonic. */
  look(nowMs: number): void {
    const { byteLength, liveBytes } = this.#memory;
    if (byteLength <= SMALL_BYTES || liveBytes > byteLength * LIVE_PART) {
      this.#freeSinceMs = null;
      return;
    }
    this.#freeSinceMs ??= nowMs;
    if (nowMs - this.#freeSinceMs < PATIENCE_MS) return;
    this.#freeSinceMs = null;
    this.#memory.moveToFresh();
  }
}
