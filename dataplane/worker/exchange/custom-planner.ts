/**
 * Channels by a user's partitioner and key. Compiled, both are one module that makes a column of numbers
 * out of the rows of a batch. The functions themselves take batches until the module is there, and
 * rows that compiled code gives up, as in operators/compiled-segment.ts.
 */
import { BatchBuilder } from "../../memory/batch-builder.ts";
import type { BatchView } from "../../memory/batch-view.ts";
import type { RowScatter } from "../../memory/row-scatter.ts";
import { RowWords } from "../../memory/row-words.ts";
import { Schema } from "../../memory/schema.ts";
import type { TaskMemory } from "../../memory/task-memory.ts";
import { STATUS_DONE, STATUS_ROW_GIVEN_UP } from "../../protocol/status.ts";
import { VIEW_COLUMN_DATA_PTR } from "../../protocol/view-layout.ts";
import { CompiledProgram, GIVE_UPS_MAX } from "../operators/compiled-program.ts";
import type { Cursor, SegmentContext } from "../segment.ts";
import { CustomChooser, type CustomChooserOptions } from "./custom-chooser.ts";
import type { RowPlanner } from "./partitioner.ts";
import { checkedChannel } from "./row-planners.ts";

const CHANNELS = Schema.of({ record: { kind: "NUMBER" }, key: null });

export class CustomPlanner implements RowPlanner {
  readonly extraFlags = 0;
  readonly #context: SegmentContext;
  readonly #options: CustomChooserOptions;
  readonly #memory: TaskMemory;
  readonly #channels: RowWords;
  readonly #chooser: CustomChooser;
  #program: CompiledProgram | null = null;
  /** What the program writes. */
  #answers: BatchBuilder | null = null;

  /** Errors: MR_FUNCTION_INVALID. */
  constructor(options: CustomChooserOptions, context: SegmentContext) {
    this.#context = context;
    this.#options = options;
    this.#memory = context.memory;
    this.#channels = new RowWords(context.memory);
    this.#chooser = new CustomChooser(options, context);
  }

  /** Errors: MR_PARTITION_OUT_OF_RANGE, MR_FUNCTION_THREW, MR_FUNCTION_ASYNC, MR_MEMORY_EXHAUSTED. */
  plan(batch: BatchBuilder, scatter: RowScatter): number {
    const ptr = this.#channels.ptrFor(batch.rowCount);
    const program = this.#programOnce();
    const row = program === null ? 0 : this.#runProgram(program, batch, ptr);
    if (row < batch.rowCount) this.#chooser.open(batch);
    this.#chooseRows(row, batch.rowCount, ptr);
    scatter.planByChannel(batch, ptr);
    return 0;
  }

  dispose(): void {
    this.#channels.dispose();
    this.#answers?.dispose();
    this.#answers = null;
  }

  /** null = JavaScript takes the batch. */
  #programOnce(): CompiledProgram | null {
    const { spec, operatorName } = this.#options;
    if (this.#program === null) {
      const module = spec.module == null ? null : this.#context.moduleOf(spec.module);
      if (module === null) return null;
      this.#answers = new BatchBuilder(this.#memory, CHANNELS);
      this.#program = new CompiledProgram(this.#memory, module, operatorName);
    }
    return this.#program;
  }

  /** @returns the row from which on JavaScript has the batch */
  #runProgram(program: CompiledProgram, batch: BatchView, ptr: number): number {
    const cursor: Cursor = { row: 0, step: 0 };
    const answers = this.#answers as BatchBuilder;
    for (let giveUps = 0; giveUps <= GIVE_UPS_MAX; ) {
      answers.reset();
      const first = cursor.row;
      const status = program.process(batch, answers, cursor);
      this.#takeAnswers(answers, first, ptr);
      if (status === STATUS_DONE) return batch.rowCount;
      if (status !== STATUS_ROW_GIVEN_UP) continue;
      if (giveUps === 0) this.#chooser.open(batch);
      this.#chooseRows(cursor.row, cursor.row + 1, ptr);
      cursor.row += 1;
      giveUps += 1;
    }
    return cursor.row;
  }

  #takeAnswers(answers: BatchView, first: number, ptr: number): void {
    const { f64, u16, u32 } = this.#memory;
    const column = answers.columnPtrs[0] as number;
    const values = (u32[(column + VIEW_COLUMN_DATA_PTR) >>> 2] as number) >>> 3;
    const { channelCount, operatorName } = this.#options;
    const count = answers.rowCount;
    for (let index = 0; index < count; ++index) {
      const channel = checkedChannel(f64[values + index], channelCount, operatorName);
      u16[(ptr >>> 1) + first + index] = channel;
    }
  }

  #chooseRows(from: number, end: number, ptr: number): void {
    for (let row = from; row < end; ++row) {
      const channel = this.#chooser.channelOf(row);
      this.#memory.u16[(ptr >>> 1) + row] = channel;
    }
  }
}
