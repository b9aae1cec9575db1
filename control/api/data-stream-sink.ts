/** The end of a stream. */
import type { NodeHandle } from "./node-handle.ts";

declare const RECORDS: unique symbol;

/**
 * A sink of the program; made by sinkTo(), print() and their kin.
 *
 * ```ts
 * counts.print("counts").setParallelism(1).name("Print counts");
 * ```
 * @public
 */
export class DataStreamSink<T> {
  declare readonly [RECORDS]?: T;
  readonly #node: NodeHandle;

  /** @internal */
  constructor(node: NodeHandle) {
    this.#node = node;
  }

  /** Names the operator in plans, metrics and messages. Throws MR_FUNCTION_INVALID. */
  name(name: string): this {
    this.#node.setName(name);
    return this;
  }

  /** Fixes the operator's id, by which state is found again; unique in a job. Throws MR_FUNCTION_INVALID. */
  uid(uid: string): this {
    this.#node.setUid(uid);
    return this;
  }

  /** Number of subtasks, above every other level; -1 = the environment's. Throws MR_PARALLELISM_INVALID. */
  setParallelism(parallelism: number): this {
    this.#node.setParallelism(parallelism);
    return this;
  }

  /** Highest parallelism the operator can ever be rescaled to. Throws MR_PARALLELISM_INVALID. */
  setMaxParallelism(maxParallelism: number): this {
    this.#node.setMaxParallelism(maxParallelism);
    return this;
  }

  /** Keeps the operator alone in its task. */
  disableChaining(): this {
    this.#node.setChaining("NEVER", "disableChaining()");
    return this;
  }

  /** Subtasks of different groups never share a slot. Throws MR_FUNCTION_INVALID. */
  slotSharingGroup(group: string): this {
    this.#node.setSlotSharingGroup(group);
    return this;
  }
}
