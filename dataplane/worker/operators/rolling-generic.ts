/**
 * A rolling aggregate over records whose aggregated field has no column of its own (GENERIC): slow and
 * right, in JavaScript. It takes over when the type of a stream widens that far.
 */
import type { BatchBuilder, BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE } from "../../protocol/status.ts";
import type { Cursor, SegmentContext, StateCounts } from "../segment.ts";
import { FoldHead } from "./fold-head.ts";
import { JsSegment } from "./js-segment.ts";
import { OutputTarget } from "./output-target.ts";
import type { RollingSpec } from "./rolling-aggregate.ts";
import { RollingFold } from "./rolling-js.ts";
import type { RowTarget } from "./row-target.ts";

export class GenericRolling {
  readonly #context: SegmentContext;
  readonly #head: FoldHead;
  readonly #target: OutputTarget;
  readonly #segment: JsSegment;

  constructor(spec: RollingSpec, context: SegmentContext, builder: BuilderOptions) {
    const { memory, maxRecordBytes } = context;
    this.#context = context;
    this.#head = new FoldHead(spec, new RollingFold(spec), "shared", context);
    this.#target = new OutputTarget({
      operatorId: spec.id,
      operatorName: spec.name,
      type: null,
      keyType: null,
      memory,
      maxRecordBytes,
      builder,
    });
    this.#segment = new JsSegment({ head: this.#head, steps: [], target: this.#target, context });
  }

  get builder(): BatchBuilder | null {
    return this.#target.builder;
  }

  get stateType(): BatchType | null {
    return this.#segment.stateType;
  }

  get counts(): StateCounts {
    return this.#segment.counts;
  }

  /** Takes one row per key as what was folded so far. */
  seed(rows: BatchView): void {
    const parts = {
      head: this.#head,
      steps: [],
      target: new SilentTarget(),
      context: this.#context,
    };
    new JsSegment(parts).process(rows, { row: 0, step: 0 });
  }

  process(rows: BatchView, cursor: Cursor): number {
    return this.#segment.process(rows, cursor);
  }

  endOfInput(cursor: Cursor): number {
    return this.#segment.endOfInput(cursor);
  }

  freeze(checkpointId: bigint): void {
    this.#segment.freeze(checkpointId);
  }

  encodeStep(target: BatchBuilder): number {
    return this.#segment.encodeStep(target);
  }

  restore(rows: BatchView): void {
    this.#segment.restore(rows);
  }

  close(): Promise<void> {
    return this.#segment.close();
  }
}

/** For rows whose results were put out before. */
class SilentTarget implements RowTarget {
  readonly outputs = [];
  readonly status = STATUS_DONE;
  readonly takeBatch = null;

  open(): void {}

  begin(): number {
    return STATUS_DONE;
  }

  push(): void {}

  end(): void {}

  finish(): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}
