/** Tables of windows and slices: those that have gone are kept for those to come. */
import { HOMES_HASHED } from "../../protocol/table-layout.ts";
import type { TableShape } from "../state/table.ts";
import type { WindowAggregate } from "./window-aggregate.ts";

/** Kept while nobody needs them. */
const MAX_SPARE = 8;

/** Of an aggregate of which nothing is known. */
export const NOTHING: TableShape = { entries: 0, homes: HOMES_HASHED };

export class WindowAggregates {
  readonly #create: () => WindowAggregate;
  readonly #spare: WindowAggregate[] = [];
  /** Given back while they were being encoded. */
  readonly #retired: WindowAggregate[] = [];

  /** @param create errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC, MR_MEMORY_EXHAUSTED */
  constructor(create: () => WindowAggregate) {
    this.#create = create;
  }

  /**
   * An empty one.
   *
   * @param shape what it may come to hold; without entries = unknown
   * Errors: MR_MEMORY_EXHAUSTED.
   */
  take(shape = NOTHING): WindowAggregate {
    const aggregate = this.#spare.pop() ?? this.#create();
    if (shape.entries > 0) aggregate.table.reserve(shape);
    return aggregate;
  }

  /** One that is being encoded is kept until it is. */
  release(aggregate: WindowAggregate): void {
    if (aggregate.table.isFrozen) {
      this.#retired.push(aggregate);
    } else if (this.#spare.length < MAX_SPARE) {
      aggregate.table.clear();
      this.#spare.push(aggregate);
    } else {
      aggregate.dispose();
    }
  }

  /** Of those kept because they were being encoded: gives back what is not any more. */
  releaseEncoded(): void {
    for (const aggregate of this.#retired.splice(0)) this.release(aggregate);
  }

  dispose(): void {
    for (const aggregate of [...this.#spare, ...this.#retired]) aggregate.dispose();
    this.#spare.length = 0;
    this.#retired.length = 0;
  }
}
