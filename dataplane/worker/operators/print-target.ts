/** print(): lines for the master, a batch of them at a time, as fast as it takes them. */
import { printPrefix, toText } from "../../formats/to-text.ts";
import type { BatchType, OperatorSpec } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../protocol/status.ts";
import type { SegmentContext } from "../segment.ts";
import type { RowTarget } from "./row-target.ts";

/** Units of text after which lines go out even within a batch. */
const FLUSH_UNITS = 65536;

export type PrintSpec = Extract<OperatorSpec, { readonly kind: "print" }>;

export class PrintTarget implements RowTarget {
  readonly outputs = [];
  readonly takeBatch = null;
  status = STATUS_DONE;
  readonly #spec: PrintSpec;
  readonly #type: BatchType["record"] | null;
  readonly #prefix: string;
  readonly #context: SegmentContext;
  #text = "";

  constructor(spec: PrintSpec, context: SegmentContext) {
    this.#spec = spec;
    this.#type = spec.inputType?.record ?? null;
    this.#prefix = printPrefix(spec.identifier, context.subtaskIndex, context.parallelism);
    this.#context = context;
  }

  open(): void {}

  begin(): number {
    this.status = this.#context.reportRoom() === null ? STATUS_DONE : STATUS_NEED_HOST;
    return this.status;
  }

  push(record: unknown): void {
    this.#text += `${this.#prefix}${toText(record, this.#type)}\n`;
    if (this.#text.length < FLUSH_UNITS) return;
    this.#flush();
    if (this.#context.reportRoom() !== null) this.status = STATUS_NEED_HOST;
  }

  end(): void {
    if (this.#text !== "") this.#flush();
  }

  finish(): number {
    return STATUS_DONE;
  }

  async hostWork(): Promise<void> {
    await this.#context.reportRoom();
  }

  close(): void {}

  #flush(): void {
    const { toStderr } = this.#spec;
    this.#context.report({ kind: "printed", text: this.#text, toStderr });
    this.#text = "";
  }
}
