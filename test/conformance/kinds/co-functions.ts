/** The named functions of kind `connect`. */
import {
  type CoFlatMapFunction,
  type Collector,
  type CoMapFunction,
  CoProcessFunction,
  KeyedCoProcessFunction,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  type ListState,
  ListStateDescriptor,
  type ProcessContext,
  type ValueState,
  ValueStateDescriptor,
} from "../../../control/index.ts";
import { toText } from "../../../dataplane/formats/to-text.ts";
import type { CoFunctionKind } from "../../../dataplane/protocol/deployment.ts";
import { tupleTypeOf, type VectorCase } from "../vectors.ts";

interface NamedFunction {
  readonly kind: CoFunctionKind;
  create(vector: VectorCase): object;
}

type Fields = readonly unknown[];
type TextOf = (record: Fields) => string;

export const CO_FUNCTIONS: ReadonlyMap<string, NamedFunction> = new Map<string, NamedFunction>([
  ["tagCoMap", { kind: "map", create: (vector) => tagCoMap(...textsOf(vector)) }],
  ["repeatCoFlatMap", { kind: "flatMap", create: (vector) => repeatCoFlatMap(textsOf(vector)[1]) }],
  [
    "contextCoProcess",
    { kind: "process", create: (vector) => new ContextCoProcess(...textsOf(vector)) },
  ],
  ["enrich", { kind: "process", create: () => new Enrich() }],
]);

/** The text of records of either input, as Java prints them. */
function textsOf({ types1 = [], types2 = [] }: VectorCase): readonly [TextOf, TextOf] {
  const [first, second] = [tupleTypeOf(types1), tupleTypeOf(types2)];
  return [(record) => toText(record, first), (record) => toText(record, second)];
}

function tagCoMap(text1: TextOf, text2: TextOf): CoMapFunction<Fields, Fields, Fields> {
  return {
    map1: (record) => ["1", text1(record)],
    map2: (record) => ["2", text2(record)],
  };
}

function repeatCoFlatMap(
  text2: TextOf,
): CoFlatMapFunction<[string, number], [string, number], Fields> {
  return {
    *flatMap1([text, count]) {
      for (let index = 0; index < count; ++index) yield ["1", `${text}${index}`];
    },
    flatMap2(record, out: Collector<Fields>) {
      if (record[1] % 2 === 0) out.collect(["2", text2(record)]);
    },
  };
}

class ContextCoProcess extends CoProcessFunction<Fields, Fields, Fields> {
  readonly #text1: TextOf;
  readonly #text2: TextOf;

  constructor(text1: TextOf, text2: TextOf) {
    super();
    this.#text1 = text1;
    this.#text2 = text2;
  }

  processElement1(record: Fields, ctx: ProcessContext, out: Collector<Fields>): void {
    out.collect(["1", this.#text1(record), ctx.timerService().currentWatermark()]);
  }

  processElement2(record: Fields, ctx: ProcessContext, out: Collector<Fields>): void {
    out.collect(["2", this.#text2(record), ctx.timerService().currentWatermark()]);
  }
}

type Enriched = readonly [key: string, name: string, amount: number, watermark: number];

const WAIT_MS = 1000;

class Enrich extends KeyedCoProcessFunction<
  string,
  [key: string, name: string],
  [key: string, amount: number],
  Enriched
> {
  #name: ValueState<string> | null = null;
  #pending: ListState<number> | null = null;

  override open(): void {
    const context = this.getRuntimeContext();
    this.#name = context.getState(new ValueStateDescriptor<string>("name"));
    this.#pending = context.getListState(new ListStateDescriptor<number>("pending"));
  }

  processElement1(
    [, name]: [string, string],
    ctx: KeyedProcessContext<string>,
    out: Collector<Enriched>,
  ): void {
    this.#name?.update(name);
    this.#emitPending(name, ctx, out);
  }

  processElement2(
    [key, amount]: [string, number],
    ctx: KeyedProcessContext<string>,
    out: Collector<Enriched>,
  ): void {
    const name = this.#name?.value() ?? null;
    const timers = ctx.timerService();
    if (name === null) {
      this.#pending?.add(amount);
      timers.registerEventTimeTimer((ctx.timestamp() ?? 0) + WAIT_MS);
    } else {
      out.collect([key, name, amount, timers.currentWatermark()]);
    }
  }

  override onTimer(_: number, ctx: KeyedOnTimerContext<string>, out: Collector<Enriched>): void {
    this.#emitPending("?", ctx, out);
  }

  #emitPending(name: string, ctx: KeyedProcessContext<string>, out: Collector<Enriched>): void {
    const watermark = ctx.timerService().currentWatermark();
    for (const amount of this.#pending?.get() ?? []) {
      out.collect([ctx.getCurrentKey(), name, amount, watermark]);
    }
    this.#pending?.clear();
  }
}
