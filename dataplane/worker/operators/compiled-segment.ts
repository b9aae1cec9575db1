/**
 * A run of map, filter and flatMap whose functions are compiled into one module. The same functions stand
 * by in JavaScript (the twin): they take batches until the module is there, and single rows that compiled
 * code gives up (protocol/status.ts). Both sides compute the same, so that
 * nobody behind can tell which one a row went through.
 *
 * Each side has a builder of its own; the one whose turn it is, is the output. cursor.step counts the
 * emissions of row cursor.row that have gone out already.
 */
import { BatchBuilder, type BuilderOptions } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import { Schema } from "../../memory/schema.ts";
import type { BatchType } from "../../protocol/deployment.ts";
import { STATUS_DONE, STATUS_OUTPUT_FULL, STATUS_ROW_GIVEN_UP } from "../../protocol/status.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { Cursor, Segment, SegmentContext, SegmentOutput } from "../segment.ts";
import { CompiledProgram, GIVE_UPS_MAX } from "./compiled-program.ts";
import type { JsSegment } from "./js-segment.ts";
import { mainOutput } from "./main-output.ts";
import type { SkippingTarget } from "./skipping-target.ts";

export interface CompiledParts {
  readonly context: SegmentContext;
  /** Which module of the deployment is its own. */
  readonly moduleId: string;
  /** Name of the operators, for error messages. */
  readonly name: string;
  /** Operator whose rows it puts out. */
  readonly outputId: string;
  readonly outputType: BatchType;
  readonly twin: JsSegment;
  /** The target of the twin. */
  readonly twinTarget: SkippingTarget;
  readonly builder: BuilderOptions;
}

export class CompiledSegment implements Segment {
  readonly engine = "wasm";
  readonly nextTimerMs = Number.POSITIVE_INFINITY;
  readonly stateType = null;
  readonly outputs: readonly SegmentOutput[];
  readonly #parts: CompiledParts;
  #builder: BatchBuilder | null = null;
  #program: CompiledProgram | null = null;
  /** Whose builder is the output. */
  #side: "wasm" | "twin" = "twin";
  /** A batch is under way. */
  #isUnderWay = false;
  /** The twin has the rest of the batch. */
  #isTwins = false;
  #giveUps = 0;
  /** Holds the row that was given up, alone; kept from row to row. */
  #row: BatchBuilder | null = null;
  #isRowUnderWay = false;
  readonly #rowCursor: Cursor = { row: 0, step: 0 };

  constructor(parts: CompiledParts) {
    this.#parts = parts;
    this.outputs = mainOutput(parts.outputId, () =>
      this.#side === "wasm" ? this.#builder : (parts.twin.outputs[0]?.builder ?? null),
    );
  }

  /** Errors: MR_MEMORY_EXHAUSTED, and those of the user's open(). */
  async open(): Promise<void> {
    const { context, outputType, builder, twin } = this.#parts;
    this.#builder = new BatchBuilder(context.memory, Schema.of(outputType), builder);
    await twin.open();
  }

  /** Errors: those of the user's functions, MR_MEMORY_EXHAUSTED, MR_KERNEL_TRAP. */
  process(input: BatchView, cursor: Cursor): number {
    if (!this.#isUnderWay) this.#begin();
    const status = this.#advance(input, cursor);
    if (status === STATUS_DONE) this.#isUnderWay = false;
    return status;
  }

  watermark(): number {
    return STATUS_DONE;
  }

  timer(): number {
    return STATUS_DONE;
  }

  endOfInput(): number {
    return STATUS_DONE;
  }

  hostWork(): Promise<void> {
    return this.#parts.twin.hostWork();
  }

  freeze(): void {}

  encodeStep(): number {
    return STATUS_DONE;
  }

  restore(): void {
    throw new TypeError("functions without state have nothing to restore");
  }

  async close(): Promise<void> {
    this.#builder?.dispose();
    this.#row?.dispose();
    this.#builder = null;
    this.#row = null;
    await this.#parts.twin.close();
  }

  #begin(): void {
    const { context, moduleId, name } = this.#parts;
    const module = this.#program === null ? context.moduleOf(moduleId) : null;
    if (module !== null) this.#program = new CompiledProgram(context.memory, module, name);
    this.#isUnderWay = true;
    this.#isTwins = this.#program === null;
    this.#giveUps = 0;
  }

  #advance(input: BatchView, cursor: Cursor): number {
    for (;;) {
      if (this.#isTwins) return this.#runTwin(input, cursor);
      if (this.#isRowUnderWay) {
        const status = this.#runRow(cursor);
        if (status !== STATUS_DONE) return status;
      }
      const status = this.#runProgram(input, cursor);
      if (status !== STATUS_ROW_GIVEN_UP) return status;
      const shipped = this.#giveUp(input, cursor);
      if (!shipped) return STATUS_OUTPUT_FULL;
    }
  }

  #runProgram(input: BatchView, cursor: Cursor): number {
    this.#side = "wasm";
    if (cursor.row >= input.rowCount) return STATUS_DONE;
    return (this.#program as CompiledProgram).process(input, this.#builder as BatchBuilder, cursor);
  }

  /** @returns false = rows of the module have to be shipped before JavaScript goes on */
  #giveUp(input: BatchView, cursor: Cursor): boolean {
    this.#giveUps += 1;
    this.#parts.twinTarget.skip = cursor.step;
    if (this.#giveUps > GIVE_UPS_MAX) {
      this.#isTwins = true;
    } else {
      const row = this.#rowOf(input);
      row.reset();
      row.appendRows(input, cursor.row, 1);
      this.#isRowUnderWay = true;
      this.#rowCursor.row = 0;
      this.#rowCursor.step = 0;
    }
    return this.#builder?.rowCount === 0;
  }

  /** A row as functions see it: fields and timestamp. */
  #rowOf({ schema }: BatchView): BatchBuilder {
    if (this.#row?.schema !== schema) {
      this.#row?.dispose();
      this.#row = null;
      const options = { rowCapacity: 1, flags: BUILDER_WITH_TIMESTAMPS };
      this.#row = new BatchBuilder(this.#parts.context.memory, schema, options);
    }
    return this.#row;
  }

  #runTwin(input: BatchView, cursor: Cursor): number {
    this.#side = "twin";
    return this.#parts.twin.process(input, cursor);
  }

  /** STATUS_DONE: nothing of the row is left to ship. */
  #runRow(cursor: Cursor): number {
    this.#side = "twin";
    const { twin } = this.#parts;
    const status = twin.process(this.#row as BatchBuilder, this.#rowCursor);
    if (status !== STATUS_DONE) return status;
    this.#isRowUnderWay = false;
    cursor.row += 1;
    cursor.step = 0;
    return (twin.outputs[0]?.builder?.rowCount ?? 0) === 0 ? STATUS_DONE : STATUS_OUTPUT_FULL;
  }
}
