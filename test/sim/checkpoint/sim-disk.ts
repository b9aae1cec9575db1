/** A disk that is slow, fails, and forgets what was not synced when the process crashes. */
import type { Scheduler } from "./scheduler.ts";

interface SimFile {
  readonly content: unknown;
  isDurable: boolean;
}

export class SimDisk {
  readonly #scheduler: Scheduler;
  readonly #files = new Map<string, SimFile>();
  /** Writes that fail from here on. */
  failuresToCome = 0;
  /** Until when writes take a hundred times as long. */
  slowUntilMs = 0;
  /** A planted bug. */
  skipsSync = false;
  #generation = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get paths(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** Written, synced, then `done`; a failed write leaves a torn file. */
  write(path: string, content: unknown, done: (isWritten: boolean) => void): void {
    const slow = this.#scheduler.nowMs < this.slowUntilMs ? 100 : 1;
    const delayMs = this.#scheduler.between(0, 4) * slow;
    const generation = this.#generation;
    this.#files.set(path, { content: null, isDurable: false });
    this.#scheduler.after(delayMs, () => {
      if (generation !== this.#generation) return;
      const fails = this.failuresToCome > 0;
      if (fails) this.failuresToCome -= 1;
      else this.#files.set(path, { content, isDurable: !this.skipsSync });
      done(!fails);
    });
  }

  /** What would be there after a crash; undefined = nothing, or not whole. */
  read(path: string): unknown {
    const file = this.#files.get(path);
    return file?.isDurable ? file.content : undefined;
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  removeFolder(folder: string): void {
    for (const path of this.paths) if (path.startsWith(`${folder}/`)) this.#files.delete(path);
  }

  /** Unsynced files are gone, or torn. */
  crash(): void {
    this.#generation += 1;
    for (const [path, file] of this.#files) {
      if (!file.isDurable && this.#scheduler.isLikely(0.5)) this.#files.delete(path);
    }
  }
}
