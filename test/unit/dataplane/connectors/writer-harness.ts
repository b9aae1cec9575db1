/** What sink writers are tested with. */
import type {
  ProcessingTimeService,
  SinkWriterContext,
} from "../../../../dataplane/connectors/sink.ts";
import { SubtaskRuntimeContext } from "../../../../dataplane/worker/runtime-context.ts";
import { OperatorStates } from "../../../../dataplane/worker/state/operator-states.ts";

export function writerContext(overrides: Partial<SinkWriterContext> = {}): SinkWriterContext {
  const states = new OperatorStates("sink");
  const place = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128, attempt: 0 };
  const runtimeContext = new SubtaskRuntimeContext({ name: "task", ...place });
  return {
    operatorName: "sink",
    subtaskIndex: 0,
    parallelism: 1,
    attempt: 0,
    runtimeContext,
    processingTimeService: new ManualTime(),
    initializationContext: {
      isRestored: () => states.isRestored,
      getOperatorStateStore: () => states,
      getKeyedStateStore: () => runtimeContext,
    },
    ...overrides,
  };
}

/** Processing time as a test moves it. */
export class ManualTime implements ProcessingTimeService {
  nowMs: number;
  readonly #timers: { timeMs: number; callback: (timeMs: number) => void | Promise<void> }[] = [];

  constructor(nowMs = 0) {
    this.nowMs = nowMs;
  }

  getCurrentProcessingTime(): number {
    return this.nowMs;
  }

  registerTimer(timeMs: number, callback: (timeMs: number) => void | Promise<void>): void {
    this.#timers.push({ timeMs, callback });
  }

  async moveTo(nowMs: number): Promise<void> {
    this.nowMs = nowMs;
    for (;;) {
      const index = this.#timers.findIndex(({ timeMs }) => timeMs <= nowMs);
      const [timer] = index < 0 ? [] : this.#timers.splice(index, 1);
      if (timer === undefined) return;
      await timer.callback(timer.timeMs);
    }
  }
}
