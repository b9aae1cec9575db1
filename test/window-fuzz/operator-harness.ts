/** A window operator over keyed state, without batches: records of string keys go in one by one. */
import { javaHash, keyGroupOfHash } from "../../dataplane/formats/java-hash.ts";
import { longOf } from "../../dataplane/protocol/long.ts";
import {
  METRIC_COUNT,
  METRIC_LATE_RECORDS_DROPPED,
} from "../../dataplane/protocol/metrics-layout.ts";
import type { WindowSpec } from "../../dataplane/protocol/window-spec.ts";
import { SubtaskMetrics } from "../../dataplane/worker/metrics.ts";
import { KeyAccess } from "../../dataplane/worker/operators/key-access.ts";
import type { Timestamp } from "../../dataplane/worker/operators/row-target.ts";
import type { OperatorHost } from "../../dataplane/worker/operators/stream-operator.ts";
import { SubtaskRuntimeContext } from "../../dataplane/worker/runtime-context.ts";
import { KeyedBackend } from "../../dataplane/worker/state/keyed-backend.ts";
import { StateScope } from "../../dataplane/worker/state/state-scope.ts";
import { TimerQueue } from "../../dataplane/worker/state/timer-queue.ts";
import { createWindowOperator } from "../../dataplane/worker/windows/create-window-operator.ts";
import type { WindowOperator } from "../../dataplane/worker/windows/window-operator.ts";

export interface Output {
  /** null = the main output. */
  readonly tag: string | null;
  readonly record: unknown;
  readonly timestampMs: Timestamp;
}

const MAX_PARALLELISM = 128;
const NAME = "windows";

export class OperatorHarness {
  readonly #outputs: Output[] = [];
  readonly #state: KeyedBackend;
  readonly #host: { -readonly [K in keyof OperatorHost]: OperatorHost[K] };
  readonly #eventTimers: TimerQueue;
  readonly #processingTimers: TimerQueue;
  readonly #operator: WindowOperator;
  readonly #metrics = new SubtaskMetrics(new SharedArrayBuffer(METRIC_COUNT * 8), 0);
  #nowMs = 0;

  constructor(window: WindowSpec, functions: Readonly<Record<string, unknown>>) {
    const access = new KeyAccess({
      key: { kind: "key-column" },
      inputType: { record: { kind: "GENERIC" }, key: { kind: "STRING" } },
      maxParallelism: MAX_PARALLELISM,
      operatorName: NAME,
    });
    const state = new KeyedBackend({ operatorName: NAME, maxRecordBytes: 1 << 20, access });
    this.#state = state;
    this.#eventTimers = new TimerQueue(state, "timers/event");
    this.#processingTimers = new TimerQueue(state, "timers/processing");
    this.#host = {
      operatorName: NAME,
      runtimeContext: new SubtaskRuntimeContext({
        name: NAME,
        subtaskIndex: 0,
        parallelism: 1,
        maxParallelism: MAX_PARALLELISM,
        attempt: 0,
      }),
      metrics: this.#metrics,
      state,
      broadcastStates: null,
      scope: new StateScope(state, () => this.#nowMs),
      eventTimers: this.#eventTimers,
      processingTimers: this.#processingTimers,
      currentWatermark: -(2n ** 63n),
      currentProcessingTime: () => this.#nowMs,
      collect: (record, timestampMs) => this.#outputs.push({ tag: null, record, timestampMs }),
      collectTo: (tag, record, timestampMs) => {
        this.#outputs.push({ tag, record, timestampMs });
        return true;
      },
    };
    const spec = {
      kind: "window",
      id: NAME,
      name: NAME,
      input: null,
      inputType: null,
      outputType: null,
      engine: "js",
      key: { kind: "key-column" },
      window,
    } as const;
    const functionOf = (role: string) => functions[role];
    const origin = { spec, subtaskIndex: 0, functionOf };
    this.#operator = createWindowOperator(origin, this.#host);
  }

  get stateEntries(): number {
    return this.#state.entryCount;
  }

  get lateRecordsDropped(): number {
    return this.#metrics.get(METRIC_LATE_RECORDS_DROPPED);
  }

  open(): Promise<void> {
    return this.#operator.open();
  }

  /** @param time null = the record has none */
  record(key: string, value: unknown, time: bigint | null): void {
    this.#state.setCurrentKey(key, keyGroupOfHash(javaHash(key, null), MAX_PARALLELISM));
    this.#operator.processElement(value, time === null ? null : longOf(time));
  }

  watermark(time: bigint): void {
    this.#host.currentWatermark = time;
    for (;;) {
      const timer = this.#eventTimers.popDue(time, this.#state);
      if (timer === null) return;
      this.#operator.onEventTime(timer);
    }
  }

  clock(nowMs: number): void {
    this.#nowMs = nowMs;
    for (;;) {
      const timer = this.#processingTimers.popDue(BigInt(nowMs), this.#state);
      if (timer === null) return;
      this.#operator.onProcessingTime(timer);
    }
  }

  /** What came out since the last call. */
  taken(): readonly Output[] {
    return this.#outputs.splice(0);
  }
}
