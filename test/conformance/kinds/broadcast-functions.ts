/** The named functions of kind `broadcast`. */
import {
  type BroadcastContext,
  BroadcastProcessFunction,
  type Collector,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  MapStateDescriptor,
  type ReadOnlyBroadcastContext,
  type ValueState,
  ValueStateDescriptor,
} from "../../../control/index.ts";

type Pair = readonly [name: string, value: number];

export const RULES = new MapStateDescriptor<string, number>("rules");
const SEEN = new ValueStateDescriptor<number>("seen");

export const BROADCAST_FUNCTIONS: ReadonlyMap<string, () => object> = new Map<string, () => object>(
  [
    ["rules", () => new Rules()],
    ["nonKeyedRules", () => new NonKeyedRules()],
  ],
);

class Rules extends KeyedBroadcastProcessFunction<
  string,
  Pair,
  Pair,
  readonly [string, string, number]
> {
  #seen: ValueState<number> | null = null;

  override open(): void {
    this.#seen = this.getRuntimeContext().getState(SEEN);
  }

  processElement(
    [key, value]: Pair,
    ctx: KeyedReadOnlyBroadcastContext<string>,
    out: Collector<readonly [string, string, number]>,
  ): void {
    this.#seen?.update((this.#seen.value() ?? 0) + 1);
    for (const [rule, threshold] of ctx.getBroadcastState(RULES).immutableEntries()) {
      if (value > threshold) out.collect([key, rule, value]);
    }
  }

  processBroadcastElement(
    record: Pair,
    ctx: KeyedBroadcastContext<string>,
    out: Collector<readonly [string, string, number]>,
  ): void {
    if (record[0] !== "dump") setRule(record, ctx);
    else {
      ctx.applyToKeyedState(SEEN, (key, seen) => out.collect([key, "seen", seen.value() ?? 0]));
    }
  }
}

class NonKeyedRules extends BroadcastProcessFunction<
  Pair,
  Pair,
  readonly [string, string, number]
> {
  processElement(
    [name]: Pair,
    ctx: ReadOnlyBroadcastContext,
    out: Collector<readonly [string, string, number]>,
  ): void {
    const rules = [...ctx.getBroadcastState(RULES).immutableEntries()]
      .map(([rule, threshold]) => `${rule}=${threshold}`)
      .sort();
    out.collect([name, `{${rules.join(", ")}}`, ctx.currentWatermark()]);
  }

  processBroadcastElement(record: Pair, ctx: BroadcastContext): void {
    setRule(record, ctx);
  }
}

function setRule([rule, threshold]: Pair, ctx: BroadcastContext): void {
  const rules = ctx.getBroadcastState(RULES);
  if (threshold < 0) rules.remove(rule);
  else rules.put(rule, threshold);
}
