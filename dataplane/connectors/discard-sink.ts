/** Takes records and does nothing with them; Flink's DiscardingSink. */
import type { BatchView } from "../memory/batch-view.ts";
import type { Sink, SinkWriter } from "./sink.ts";

export class DiscardingSink<T> implements Sink<T> {
  readonly description = "Discarding Sink";

  createWriter(): SinkWriter<T> {
    return new DiscardingWriter();
  }
}

class DiscardingWriter<T> implements SinkWriter<T> {
  write(): void {}

  /** Present so that no record is made out of its columns. */
  writeBatch(_batch: BatchView): void {}

  flush(): void {}

  close(): void {}
}
