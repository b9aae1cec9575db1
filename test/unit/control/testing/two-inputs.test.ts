import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Collector,
  KeyedCoProcessFunction,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  MapStateDescriptor,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from "../../../../control/index.ts";
import {
  type HarnessSnapshot,
  ProcessFunctionTestHarnesses,
  record,
  type TwoInputHarness,
  type TwoInputOptions,
  watermark,
  watermarkStatus,
} from "../../../../control/testing.ts";

interface Order {
  readonly id: string;
  readonly total: number;
}
interface Payment {
  readonly order: string;
}

/** Pairs orders with payments; an order that is not paid 100 ms after its time is overdue. */
class MatchPayments extends KeyedCoProcessFunction<string, Order, Payment, string> {
  #order: ValueState<Order> | undefined;

  override open(context: RuntimeContext): void {
    this.#order = context.getState(new ValueStateDescriptor<Order>("order"));
  }

  processElement1(order: Order, ctx: KeyedProcessContext<string>): void {
    this.#order?.update(order);
    ctx.timerService().registerEventTimeTimer((ctx.timestamp() ?? 0) + 100);
  }

  processElement2(_: Payment, ctx: KeyedProcessContext<string>, out: Collector<string>): void {
    const order = this.#order?.value() ?? null;
    if (order === null) return;
    out.collect(`${ctx.getCurrentKey()} paid ${order.total}`);
    this.#order?.clear();
  }

  override onTimer(_: number, ctx: KeyedOnTimerContext<string>, out: Collector<string>): void {
    if ((this.#order?.value() ?? null) !== null) out.collect(`${ctx.getCurrentKey()} overdue`);
  }
}

type Matching = TwoInputHarness<Order, Payment, string>;

function matching(options: TwoInputOptions<Order, Payment> = {}): Promise<Matching> {
  return ProcessFunctionTestHarnesses.forKeyedCoProcessFunction(
    new MatchPayments(),
    (order: Order) => order.id,
    (payment: Payment) => payment.order,
    { maxParallelism: 16, ...options },
  );
}

test("the watermark is the smaller of both inputs, of those that are not idle", async () => {
  const harness = await matching();
  await harness.processElement1({ id: "a", total: 5 }, 0);
  await harness.processWatermark1(200);
  assert.deepEqual(harness.getOutput(), []);
  await harness.processWatermark2(100);
  assert.deepEqual(harness.getOutput(), [record("a overdue", 100), watermark(100)]);
  harness.clearOutput();
  await harness.processWatermarkStatus2("idle");
  assert.deepEqual(harness.getOutput(), [watermark(200)]);
  await harness.processWatermarkStatus1("idle");
  assert.deepEqual(harness.getOutput().at(-1), watermarkStatus("idle"));
  await harness.close();
});

/** Through JSON: what a test keeps in a file. */
async function moved(harness: Matching): Promise<HarnessSnapshot> {
  const text = JSON.stringify(await harness.snapshot());
  await harness.close();
  return JSON.parse(text) as HarnessSnapshot;
}

test("keyed state and timers follow their key groups from 1 subtask to 3 to 2", async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `order ${index}`);
  const first = await matching();
  for (const [index, id] of ids.entries()) await first.processElement1({ id, total: index }, index);
  assert.equal(first.numKeyedStateEntries(), 20);

  const second = await matching({ parallelism: 3, restore: await moved(first) });
  assert.equal(second.numKeyedStateEntries(), 20);
  assert.equal(second.numEventTimeTimers(), 20);
  for (const order of ids.slice(0, 5)) await second.processElement2({ order }, 50);
  assert.deepEqual(
    [...second.extractOutputValues()].sort(),
    ids.slice(0, 5).map((id, index) => `${id} paid ${index}`),
  );
  await second.processBothWatermarks(106);
  assert.deepEqual([...second.extractOutputValues()].slice(5).sort(), [
    "order 5 overdue",
    "order 6 overdue",
  ]);

  const third = await matching({ parallelism: 2, restore: await moved(second) });
  assert.equal(third.numEventTimeTimers(), 13);
  await third.processElement2({ order: "order 19" }, 60);
  await third.processBothWatermarks(1_000);
  assert.deepEqual(
    [...third.extractOutputValues()].sort(),
    [...ids.slice(7, 19).map((id) => `${id} overdue`), "order 19 paid 19"].sort(),
  );
  await third.close();
});

test("a harness goes on after a snapshot", async () => {
  const harness = await matching();
  await harness.processElement1({ id: "a", total: 5 }, 0);
  const before = await harness.snapshot();
  await harness.processElement2({ order: "a" }, 1);
  assert.deepEqual(harness.extractOutputValues(), ["a paid 5"]);
  await harness.close();
  const restored = await matching({ restore: before });
  await restored.processElement2({ order: "a" }, 1);
  assert.deepEqual(restored.extractOutputValues(), ["a paid 5"]);
  await restored.close();
});

test("broadcast state is in every subtask, also after a restore, and is no keyed state", async () => {
  const rates = new MapStateDescriptor<string, number>("rates");
  const priced = (options: TwoInputOptions<string, [string, number]> = {}) =>
    ProcessFunctionTestHarnesses.forKeyedBroadcastProcessFunction(
      {
        processElement(currency: string, ctx, out: Collector<string>) {
          out.collect(`${currency} ${ctx.getBroadcastState(rates).get(currency) ?? "?"}`);
        },
        processBroadcastElement([currency, rate]: [string, number], ctx) {
          ctx.getBroadcastState(rates).put(currency, rate);
        },
      },
      (currency: string) => currency,
      [rates],
      options,
    );
  const first = await priced({ parallelism: 2 });
  await first.processElement1("EUR");
  await first.processElement2(["EUR", 2]);
  await first.processElement2(["USD", 3]);
  assert.equal(first.numKeyedStateEntries(), 0);
  const restore = await first.snapshot();
  await first.close();
  const second = await priced({ parallelism: 4, restore });
  for (const currency of ["EUR", "USD", "CHF"]) await second.processElement1(currency);
  assert.deepEqual([...second.extractOutputValues()].sort(), ["CHF ?", "EUR 2", "USD 3"]);
  await second.close();
});

test("functions that are not keyed have harnesses too", async () => {
  const rules = new MapStateDescriptor<string, string>("rules");
  const single = await ProcessFunctionTestHarnesses.forProcessFunction(
    (value: number, ctx, out: Collector<number>) => out.collect(value + (ctx.timestamp() ?? 0)),
  );
  await single.processElement(1, 10);
  assert.deepEqual(single.getOutput(), [record(11, 10)]);
  await single.close();

  const both = await ProcessFunctionTestHarnesses.forCoProcessFunction({
    processElement1: (value: number, _, out: Collector<string>) => out.collect(`1: ${value}`),
    processElement2: (value: string, _, out: Collector<string>) => out.collect(`2: ${value}`),
  });
  await both.processElement1(7);
  await both.processElement2("x");
  assert.deepEqual(both.extractOutputValues(), ["1: 7", "2: x"]);
  await both.close();

  const ruled = await ProcessFunctionTestHarnesses.forBroadcastProcessFunction(
    {
      processElement(name: string, ctx, out: Collector<string>) {
        out.collect(ctx.getBroadcastState(rules).get(name) ?? "none");
      },
      processBroadcastElement(rule: string, ctx) {
        ctx.getBroadcastState(rules).put(rule, rule.toUpperCase());
      },
    },
    [rules],
  );
  await ruled.processElement2("a");
  await ruled.processElement1("a");
  await ruled.processElement1("b");
  assert.deepEqual(ruled.extractOutputValues(), ["A", "none"]);
  await ruled.close();
});
