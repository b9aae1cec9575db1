/** Operators with two inputs by the public API, in-process. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Collector,
  EngineError,
  type EngineOptions,
  type KeyedBroadcastContext,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  type KeyedOnTimerContext,
  type KeyedProcessContext,
  type KeyedReadOnlyBroadcastContext,
  MapStateDescriptor,
  OutputTag,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  Types,
  ValueStateDescriptor,
} from "../../control/index.ts";

function environment(options: EngineOptions = {}): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    execution: "in-process",
    parallelism: 1,
    ...options,
  });
}

async function collected(rows: AsyncIterable<unknown>): Promise<string[]> {
  const texts: string[] = [];
  for await (const row of rows) texts.push(JSON.stringify(row));
  return texts.sort();
}

test("connect().map() has a function per input, as two functions or one object", async () => {
  const expected = ['"n 1"', '"n 2"', '"w a"'];
  for (const engine of ["auto", "js"] as const) {
    const env = environment({ engine });
    const connected = env.fromElements(1, 2).connect(env.fromElements("a"));
    const byLambdas = connected.map(
      (n) => `n ${n + 0}`,
      (word) => `w ${word.trim()}`,
    );
    assert.deepEqual(await collected(byLambdas.executeAndCollect()), expected);
  }
  const env = environment();
  const calls: string[] = [];
  const byObject = env
    .fromElements(1, 2)
    .connect(env.fromElements("a"))
    .map({
      open: () => void calls.push("open"),
      close: () => void calls.push("close"),
      map1: (n) => `n ${n}`,
      map2: (word) => `w ${word}`,
    });
  assert.deepEqual(await collected(byObject.executeAndCollect()), expected);
  assert.deepEqual(calls, ["open", "close"]);
});

test("connect().flatMap() takes iterables, generators and collectors; unions feed either side", async () => {
  const env = environment({ parallelism: 2 });
  const numbers = env.fromElements(1).union(env.fromElements(2), env.fromElements(3));
  const words = env.fromElements("a b").union(env.fromElements("c"));
  const both = numbers.connect(words).flatMap<string>({
    *flatMap1(n) {
      for (let i = 0; i < n; ++i) yield `${n}.${i}`;
    },
    flatMap2(line, out: Collector<string>) {
      for (const word of line.split(" ")) out.collect(word);
    },
  });
  const rows = await collected(both.map((text) => text).executeAndCollect());
  assert.deepEqual(
    rows.map((row) => JSON.parse(row)),
    ["1.0", "2.0", "2.1", "3.0", "3.1", "3.2", "a", "b", "c"],
  );
});

test("a stream is connected with itself, and records of one batch may become very many", async () => {
  const env = environment();
  const numbers = env.fromSequence(1, 40);
  const many = numbers.connect(numbers).flatMap<number>(
    (n) => Array.from({ length: 1000 }, () => n),
    (n) => [-n],
  );
  let sum = 0;
  let count = 0;
  for await (const n of many.executeAndCollect()) {
    sum += n;
    count += 1;
  }
  assert.equal(count, 40 * 1001);
  assert.equal(sum, 820 * 999);
});

test("what a function of two inputs must not do fails the job with a reason", async () => {
  const failsWith = async (code: string, map1: (n: number) => unknown): Promise<void> => {
    const env = environment();
    const rows = env
      .fromElements(1)
      .connect(env.fromElements("a"))
      .map(map1 as (n: number) => number, () => 0)
      .executeAndCollect();
    await assert.rejects(collected(rows), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, code, error.message);
      return true;
    });
  };
  await failsWith("MR_RECORD_NULL", () => undefined);
  await failsWith("MR_FUNCTION_THREW", () => {
    throw new Error("no");
  });
  await failsWith("MR_FUNCTION_ASYNC", () => Promise.resolve(1));
});

test("a program that connects what cannot be connected is refused", () => {
  const env = environment();
  const numbers = env.fromElements(1);
  const refused = (action: () => unknown, code: string): void => {
    assert.throws(action, (error) => error instanceof EngineError && error.code === code);
  };
  refused(() => numbers.connect({} as typeof numbers), "MR_FUNCTION_INVALID");
  refused(
    () => numbers.connect(environment().fromElements(1)).map(String, String),
    "MR_GRAPH_INVALID",
  );
  refused(() => numbers.connect(numbers).map({ map1: String } as never), "MR_FUNCTION_INVALID");
  refused(
    () => numbers.connect(numbers).map(String, (async () => "") as never),
    "MR_FUNCTION_INVALID",
  );
});

type Name = [id: number, name: string];
type Order = { readonly user: number; readonly total: number };

const NAME = new ValueStateDescriptor<string>("name");
const TOTAL = new ValueStateDescriptor<number>("total");
const NAMED = new OutputTag<string>("named", Types.STRING);

/** The total of each user's orders, with the name that the other side brings. */
class Totals extends KeyedCoProcessFunction<number, Name, Order, string> {
  processElement1([id, name]: Name, ctx: KeyedProcessContext<number>): void {
    this.getRuntimeContext().getState(NAME).update(name);
    ctx.output(NAMED, `${id}=${name}`);
    ctx.timerService().registerEventTimeTimer(1000);
  }

  processElement2(order: Order, ctx: KeyedProcessContext<number>): void {
    const total = this.getRuntimeContext().getState(TOTAL);
    total.update((total.value() ?? 0) + order.total);
    ctx.timerService().registerEventTimeTimer(1000);
  }

  override onTimer(_: number, ctx: KeyedOnTimerContext<number>, out: Collector<string>): void {
    const context = this.getRuntimeContext();
    const name = context.getState(NAME).value();
    out.collect(`${ctx.getCurrentKey()} ${name} ${context.getState(TOTAL).value()}`);
  }
}

test("keyed streams share state and timers at parallelism 2, however each side finds its key", async () => {
  const users = Array.from({ length: 50 }, (_, id) => [id, `n${id}`] as Name);
  const orders = Array.from({ length: 500 }, (_, i) => ({ user: i % 50, total: i }));
  const expected = users.map(([id, name]) => {
    const total = orders.reduce((sum, order) => sum + (order.user === id ? order.total : 0), 0);
    return JSON.stringify(`${id} ${name} ${total}`);
  });
  for (const engine of ["auto", "js"] as const) {
    const env = environment({ parallelism: 2, engine });
    const names = env.fromCollection(users, Types.TUPLE(Types.INT, Types.STRING));
    // Undeclared: NUMBER, whose keys travel another way than those of a column of INT.
    const untyped = env.fromCollection(orders).map((order) => ({ ...order, extra: 1 }));
    const totals = names
      .keyBy(0)
      .connect(untyped.keyBy((order) => order.user))
      .process(new Totals());
    const rows = await collected(totals.executeAndCollect());
    assert.deepEqual(rows, expected.toSorted(), engine);
  }
  const env = environment({ parallelism: 2 });
  const names = env.fromCollection(users, Types.TUPLE(Types.INT, Types.STRING));
  const totals = names.connect(env.fromCollection(orders)).keyBy(0, "user").process(new Totals());
  const named = await collected(totals.getSideOutput(NAMED).executeAndCollect());
  assert.deepEqual(named, users.map(([id, name]) => JSON.stringify(`${id}=${name}`)).toSorted());
});

const RATES = new MapStateDescriptor<string, number>("rates");
const SEEN = new ValueStateDescriptor<number>("seen");

/** Counts records per key; a broadcast record asks every subtask for the counts it has. */
class Counts extends KeyedBroadcastProcessFunction<number, number, string, [number, number]> {
  processElement(_: number, ctx: KeyedReadOnlyBroadcastContext<number>): void {
    const seen = this.getRuntimeContext().getState(SEEN);
    seen.update((seen.value() ?? 0) + 1);
    ctx.timerService().registerEventTimeTimer(0);
  }

  processBroadcastElement(name: string, ctx: KeyedBroadcastContext<number>): void {
    const rates = ctx.getBroadcastState(RATES);
    rates.put(name, (rates.get(name) ?? 0) + 1);
  }

  override onTimer(
    _: number,
    ctx: KeyedReadOnlyBroadcastContext<number>,
    out: Collector<[number, number]>,
  ): void {
    const seen = this.getRuntimeContext().getState(SEEN).value() ?? 0;
    out.collect([ctx.getCurrentKey(), seen * (ctx.getBroadcastState(RATES).get("x") ?? 0)]);
  }
}

test("each of three subtasks has all of the broadcast state", async () => {
  const env = environment({ parallelism: 3 });
  const numbers = env.fromSequence(0, 299).keyBy((n) => n % 30);
  const rates = env.fromElements("x", "y", "x").broadcast(RATES);
  const counts = numbers.connect(rates).process(new Counts());
  const expected = Array.from({ length: 30 }, (_, key) => JSON.stringify([key, 10 * 2]));
  assert.deepEqual(await collected(counts.executeAndCollect()), expected.toSorted());
});

test("a stream that is not keyed reads broadcast state, too", async () => {
  const env = environment({ parallelism: 3 });
  const told = env
    .fromSequence(1, 30)
    .rebalance()
    .connect(env.fromElements("a", "b").broadcast(RATES))
    .process<string>({
      processElement: (n, ctx, out) => {
        const known = [...ctx.getBroadcastState(RATES).immutableEntries()];
        if (known.some(([, value]) => value !== 1)) out.collect("wrong");
        out.collect(`number ${n}`);
      },
      processBroadcastElement: (name, ctx, out) => {
        ctx.getBroadcastState(RATES).put(name, 1);
        out.collect(name);
      },
    });
  const numbers = Array.from({ length: 30 }, (_, i) => JSON.stringify(`number ${i + 1}`));
  const copies = ["a", "a", "a", "b", "b", "b"].map((name) => JSON.stringify(name));
  assert.deepEqual(await collected(told.executeAndCollect()), [...numbers, ...copies].toSorted());
});

interface Timed {
  readonly key: string;
  readonly at: number;
}

/** A source of records with times. */
function timed(env: StreamExecutionEnvironment, records: readonly Timed[]) {
  return env.addSource<Timed>({
    async run(context) {
      for (const record of records) await context.collectWithTimestamp(record, record.at);
    },
    cancel: () => {},
  });
}

test("an interval join pairs what is near in time, with the bounds it is given", async () => {
  const at = (key: string, ...times: readonly number[]) => times.map((time) => ({ key, at: time }));
  const left = [...at("a", 10, 20), ...at("b", 10)];
  const right = [...at("a", 8, 9, 12, 13, 14, 25), ...at("b", 13), ...at("c", 10)];
  const pairs = async (lower: string | number, upper: number, isExclusive: boolean) => {
    const env = environment({ parallelism: 2 });
    const join = timed(env, left)
      .keyBy((record) => record.key)
      .intervalJoin(timed(env, right).keyBy((record) => record.key))
      .between(lower, upper);
    if (isExclusive) join.lowerBoundExclusive().upperBoundExclusive();
    const joined = join.process<string>((one, other, ctx, out) => {
      const time = ctx.getTimestamp() === Math.max(one.at, other.at) ? "" : " wrong time";
      out.collect(`${one.key}${ctx.getLeftTimestamp()}-${ctx.getRightTimestamp()}${time}`);
    });
    const rows = await collected(joined.executeAndCollect());
    return rows.map((row) => JSON.parse(row) as string).toSorted();
  };
  assert.deepEqual(
    await pairs("-2 ms", 3, false),
    ["a10-12", "a10-13", "a10-8", "a10-9", "b10-13"].toSorted(),
  );
  assert.deepEqual(await pairs(-2, 3, true), ["a10-12", "a10-9"].toSorted());
  assert.deepEqual(await pairs(5, 5, false), ["a20-25"]);
  assert.deepEqual(await pairs(5, 5, true), []);
});

test("window joins pair what is in one window, co-groups have both groups of it", async () => {
  const at = (key: string, ...times: readonly number[]) => times.map((time) => ({ key, at: time }));
  const left = [...at("a", 1, 2, 11), ...at("b", 3)];
  const right = [...at("a", 5, 19), ...at("c", 4)];
  const streams = () => {
    const env = environment({ parallelism: 2 });
    return [timed(env, left), timed(env, right)] as const;
  };
  const parsed = async (rows: AsyncIterable<unknown>): Promise<unknown[]> =>
    (await collected(rows)).map((row) => JSON.parse(row) as unknown);
  const windows = TumblingEventTimeWindows.of(10);
  const [a, b] = streams();
  const joined = a
    .join(b)
    .where((record) => record.key)
    .equalTo((record) => record.key)
    .window(windows)
    .apply((one, other) => `${one.key}${one.at}-${other.at}`);
  assert.deepEqual(await parsed(joined.executeAndCollect()), ["a1-5", "a11-19", "a2-5"]);
  const [c, d] = streams();
  const flat = c
    .join(d)
    .where("key")
    .equalTo("key")
    .window(windows)
    .apply<string>((one, other, out) => {
      if (one.at === 1) for (const time of [one.at, other.at]) out.collect(`${time}`);
    });
  assert.deepEqual(await parsed(flat.executeAndCollect()), ["1", "5"]);
  const [e, f] = streams();
  const grouped = e
    .coGroup(f)
    .where((record) => record.key)
    .equalTo((record) => record.key)
    .window(windows)
    .apply<string>((firsts, seconds, out) => {
      const times = [firsts, seconds].map((side) => side.map((record) => record.at).join("+"));
      out.collect(`${(firsts[0] ?? seconds[0])?.key} ${times.join("|")}`);
    });
  assert.deepEqual(await parsed(grouped.executeAndCollect()), [
    "a 1+2|5",
    "a 11|19",
    "b 3|",
    "c |4",
  ]);
});

test("what these operators are not given, they are refused", () => {
  const env = environment();
  const keyed = env.fromElements(1).keyBy((n) => n);
  const refused = (action: () => unknown): void => {
    assert.throws(
      action,
      (error) => error instanceof EngineError && error.code === "MR_FUNCTION_INVALID",
    );
  };
  refused(() => keyed.intervalJoin(env.fromElements(1) as unknown as typeof keyed));
  refused(() => keyed.intervalJoin(keyed).between(1, 0));
  refused(() => keyed.intervalJoin(keyed).between("soon", 0));
  refused(() =>
    keyed
      .intervalJoin(keyed)
      .between(0, 1)
      .sideOutputLeftLateData("late" as never),
  );
  refused(() =>
    keyed
      .intervalJoin(keyed)
      .between(0, 1)
      .process({} as never),
  );
  refused(() => env.fromElements(1).broadcast({} as typeof RATES));
  refused(() => env.fromElements(1).broadcast(RATES, RATES));
  refused(() =>
    keyed.connect(env.fromElements(1).broadcast(RATES)).process({ processElement() {} } as never),
  );
  const windows = keyed
    .join(keyed)
    .where((n) => n)
    .equalTo((n) => n)
    .window(TumblingEventTimeWindows.of(1));
  refused(() => windows.apply({} as never));
  refused(() => windows.evictor({} as never));
  refused(() => keyed.connect(keyed).process({ processElement1() {} } as never));
});
