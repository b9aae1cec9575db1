/** The function `timerScript` of the vectors. */
import {
  type Collector,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  KeyedProcessFunction,
  OutputTag,
  type ValueState,
  ValueStateDescriptor,
} from "../../../control/index.ts";

type Command = readonly [key: string, command: string, n: number];
type Emission = readonly [key: string, what: string, value: number, watermark: number];

const SIDE = new OutputTag<Command>("side");
const STEP_MS = 1000;

export class TimerScript extends KeyedProcessFunction<string, Command, Emission> {
  #chained: ValueState<number> | null = null;

  override open(): void {
    this.#chained = this.getRuntimeContext().getState(new ValueStateDescriptor<number>("chained"));
  }

  processElement(
    record: Command,
    ctx: KeyedProcessContext<string>,
    out: Collector<Emission>,
  ): void {
    const [key, command, n] = record;
    const timers = ctx.timerService();
    const emit = (what: string, value: number): void => {
      out.collect([key, what, value, timers.currentWatermark()]);
    };
    const actions: Readonly<Record<string, () => void>> = {
      event: () => timers.registerEventTimeTimer(n),
      proc: () => timers.registerProcessingTimeTimer(n),
      delEvent: () => timers.deleteEventTimeTimer(n),
      delProc: () => timers.deleteProcessingTimeTimer(n),
      emit: () => emit("emit", n),
      side: () => ctx.output(SIDE, [key, "side", n]),
      watermark: () => emit("watermark", timers.currentWatermark()),
      now: () => emit("now", timers.currentProcessingTime()),
      ts: () => emit(ctx.timestamp() === null ? "noTs" : "ts", ctx.timestamp() ?? 0),
      chainEvent: () => this.#chained?.update(n),
      chainProc: () => this.#chained?.update(n),
    };
    const action = actions[command];
    if (action === undefined) throw new TypeError(`There is no command ${command}.`);
    action();
  }

  override onTimer(
    timestamp: number,
    ctx: KeyedOnTimerContext<string>,
    out: Collector<Emission>,
  ): void {
    const timers = ctx.timerService();
    const what = `${ctx.timeDomain()}@${ctx.timestamp()}`;
    out.collect([ctx.getCurrentKey(), what, timestamp, timers.currentWatermark()]);
    const left = this.#chained?.value() ?? 0;
    if (left <= 0) return;
    this.#chained?.update(left - 1);
    const next = laterBy(timestamp, STEP_MS);
    if (ctx.timeDomain() === "EVENT_TIME") timers.registerEventTimeTimer(next);
    else timers.registerProcessingTimeTimer(next);
  }
}

/** A time beyond 2^53 - 1 is a bigint, whatever its type says. */
function laterBy(time: number | bigint, ms: number): number {
  const later = BigInt.asIntN(64, BigInt(time) + BigInt(ms));
  return (typeof time === "bigint" ? later : Number(later)) as number;
}
