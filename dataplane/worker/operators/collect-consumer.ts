/** collect(): rows go to the control plane as sealed batches with their type. */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { Schema } from "../../memory/schema.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { SegmentContext } from "../segment.ts";
import type { BatchConsumer } from "./batch-target.ts";

export class CollectConsumer implements BatchConsumer {
  readonly #operatorId: string;
  readonly #context: SegmentContext;
  #copy: BatchBuilder | null = null;
  #schema: Schema | null = null;
  #type = "";

  constructor(operatorId: string, context: SegmentContext) {
    this.#operatorId = operatorId;
    this.#context = context;
  }

  open(): void {}

  room(): Promise<void> | null {
    return this.#context.reportRoom();
  }

  accept(batch: BatchView): null {
    if (this.#schema !== batch.schema) {
      this.#schema = batch.schema;
      this.#type = JSON.stringify(batch.schema.type);
    }
    if (batch instanceof BatchBuilder) this.#report(batch);
    else this.#copyAndReport(batch);
    return null;
  }

  finish(): null {
    return null;
  }

  close(): void {
    this.#copy?.dispose();
    this.#copy = null;
  }

  #copyAndReport(batch: BatchView): void {
    if (this.#copy?.schema !== batch.schema) {
      this.close();
      const flags = BUILDER_WITH_TIMESTAMPS;
      this.#copy = new BatchBuilder(this.#context.memory, batch.schema, { flags });
    }
    const copy = this.#copy;
    for (let row = 0; row < batch.rowCount; ) {
      row += copy.appendRows(batch, row, batch.rowCount - row);
      this.#report(copy);
      copy.reset();
    }
  }

  #report(builder: BatchBuilder): void {
    const batch = new Uint8Array(builder.sealedLength());
    builder.sealInto(batch, 0, 0);
    const operatorId = this.#operatorId;
    this.#context.report({ kind: "collected", operatorId, batch, type: this.#type });
  }
}
