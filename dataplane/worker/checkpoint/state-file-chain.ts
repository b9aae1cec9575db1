/**
 * The files that the last snapshot of a task lies in: one with all of its state, and others with what has changed
 * since, each since the one before.
 *
 * A snapshot of changes is smaller to write, and longer to read: so a new one with everything is due when the
 * changes would come to more than half of it.
 */
import type { SubtaskState } from "../../protocol/checkpoint.ts";
import type { StateFile } from "../../protocol/state-file.ts";

/** Each checkpoint names them all again. */
const MAX_FILES = 64;

export class StateFileChain {
  /** The first has everything. */
  #files: readonly StateFile[] = [];

  /** Whether the next snapshot may hold changes only; it will be about as large as the last one. */
  get mayGrow(): boolean {
    const [base, ...changes] = this.#files;
    if (base === undefined || this.#files.length === MAX_FILES) return false;
    const bytes = changes.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    return bytes + (changes.at(-1)?.lengthBytes ?? 0) <= base.lengthBytes / 2;
  }

  /**
   * Takes the snapshot that was written last.
   *
   * @param hasChangesOnly since the one before, which has to be there as well
   * @returns what stands for the whole state
   */
  add(written: SubtaskState, hasChangesOnly: boolean): SubtaskState {
    const earlier = hasChangesOnly ? this.#files : [];
    this.#files = written.kind === "file" ? [...earlier, written] : earlier;
    const last = this.#files.at(-1);
    if (last === undefined) return written;
    const bases = this.#files.slice(0, -1);
    return bases.length === 0 ? last : { ...last, bases };
  }
}
