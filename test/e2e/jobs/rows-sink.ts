/** A sink for tests: every row, as JSON, in the accumulator "rows". */
import {
  ListAccumulator,
  type Sink,
  type SinkWriter,
  type SinkWriterContext,
} from "../../../control/index.ts";

export class RowsSink<T> implements Sink<T> {
  readonly description = "rows";

  createWriter({ runtimeContext }: SinkWriterContext): SinkWriter<T> {
    const rows = new ListAccumulator<string>();
    runtimeContext.addAccumulator("rows", rows);
    return {
      write: (row) => rows.add(JSON.stringify(row)),
      flush() {},
      close() {},
    };
  }
}
