/** What sink writers are tested with. */
import type { SinkWriterContext } from "../../../../dataplane/connectors/sink.ts";

export function writerContext(overrides: Partial<SinkWriterContext> = {}): SinkWriterContext {
  return {
    operatorName: "sink",
    subtaskIndex: 0,
    parallelism: 1,
    attempt: 0,
    get runtimeContext(): never {
      throw new Error("this writer should not need the runtime context");
    },
    ...overrides,
  };
}
