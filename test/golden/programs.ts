/** Programs whose job graphs and plans are kept beside this file. */
import { AsyncDataStream } from "../../control/api/async-data-stream.ts";
import { AsyncRetryStrategies, RetryPredicates } from "../../control/api/async-retry-strategies.ts";
import type { StreamExecutionEnvironment } from "../../control/api/environment.ts";
import { TimeUnit } from "../../dataplane/protocol/time-unit.ts";
import { Types } from "../../control/common/types.ts";
import type { EngineOptions } from "../../control/config/settings.ts";
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import { TumblingEventTimeWindows } from "../../dataplane/functions/windows/tumbling-windows.ts";
import { MapStateDescriptor } from "../../dataplane/functions/state.ts";

export interface GoldenProgram {
  readonly name: string;
  readonly options: EngineOptions;
  define(env: StreamExecutionEnvironment): void;
}

const Order = Types.ROW({
  user: Types.STRING,
  country: Types.STRING,
  total: Types.LONG,
  at: Types.TIMESTAMP,
});

const User = Types.TUPLE(Types.STRING, Types.INT);

export const GOLDEN_PROGRAMS: readonly GoldenProgram[] = [
  {
    name: "word-count-batch",
    options: { parallelism: 2, runtimeMode: "BATCH" },
    define(env) {
      env
        .readTextFile("examples/data/shakespeare.txt")
        .flatMap((line) => line.split(/\s+/))
        .filter((word) => word !== "")
        .map((word) => [word, 1])
        .returns(Types.TUPLE(Types.STRING, Types.INT))
        .keyBy(0)
        .sum(1)
        .print();
    },
  },
  {
    name: "word-count-untyped",
    options: { parallelism: 2 },
    define(env) {
      env
        .socketTextStream("localhost", 9999)
        .flatMap((line) => line.split(" "))
        .map((word) => [word, 1])
        .keyBy(0)
        .sum(1)
        .print("counts");
    },
  },
  {
    name: "parallelism-at-each-level",
    options: { parallelism: 2 },
    define(env) {
      env
        .socketTextStream("localhost", 9999)
        .flatMap((line) => line.split(" "))
        .setParallelism(2)
        .map((word) => [word, 1])
        .setParallelism(3)
        .print()
        .setParallelism(1);
    },
  },
  {
    name: "union-of-typed-and-untyped",
    options: { parallelism: 2, runtimeMode: "AUTOMATIC" },
    define(env) {
      const typed = env.fromCollection(
        [["a", 1] as [string, number]],
        Types.TUPLE(Types.STRING, Types.INT),
      );
      const untyped = env.fromElements("b 2").map((line) => [line, 2]);
      typed.union(untyped, typed).keyBy(0).max(1).print();
    },
  },
  {
    name: "branches-and-groups",
    options: { parallelism: 2 },
    define(env) {
      const numbers = env.fromSequence(1, 1000).name("Numbers").uid("numbers");
      const squares = numbers
        .map((n) => n * n)
        .name("Squares")
        .returns(Types.LONG);
      squares
        .filter((n) => n % 2 === 0)
        .name("Even")
        .print("even")
        .name("Print even");
      squares
        .filter((n) => n % 2 === 1)
        .name("Odd")
        .slotSharingGroup("odd")
        .printToErr("odd");
      squares.map(String).name("Texts").startNewChain().disableChaining().print().uid("texts");
      squares
        .map((n) => -n)
        .name("Negative")
        .startNewChain()
        .setBufferTimeout(0)
        .print()
        .disableChaining();
    },
  },
  {
    name: "partitioners",
    options: { parallelism: 4 },
    define(env) {
      const words = env.fromElements("a", "b");
      words
        .rebalance()
        .map((word) => word)
        .print();
      words
        .rescale()
        .map((word) => word)
        .print();
      words
        .broadcast()
        .map((word) => word)
        .print();
      words
        .shuffle()
        .map((word) => word)
        .print();
      words
        .global()
        .map((word) => word)
        .print();
      words
        .map((word) => word)
        .forward()
        .map((word) => word)
        .print();
      words
        .partitionCustom(
          (length: number, count) => length % count,
          (word) => word.length,
        )
        .print();
      words
        .map((word) => [word, 1])
        .returns(Types.TUPLE(Types.STRING, Types.INT))
        .partitionCustom({ partition: (n: number, count) => n % count }, 1)
        .print();
    },
  },
  {
    name: "async-io",
    options: { parallelism: 2 },
    define(env) {
      const users = env.fromCollection(["u1"], Types.STRING).name("Users");
      const retry = new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder<number>(3, "100 ms")
        .ifException(RetryPredicates.HAS_EXCEPTION_PREDICATE)
        .build();
      AsyncDataStream.orderedWait(users, async (user) => [user], "5 s")
        .filter((user) => user !== "")
        .print();
      AsyncDataStream.unorderedWaitWithRetry(
        users.keyBy((user) => user),
        async (user) => [user.length],
        5,
        TimeUnit.SECONDS,
        1000,
        retry,
      )
        .returns(Types.INT)
        .uid("lengths")
        .print();
    },
  },
  {
    name: "keyed-rows",
    options: { parallelism: 3, maxParallelism: 64 },
    define(env) {
      const orders = env
        .fromCollection([{ user: "u", country: "c", total: 1, at: 0 }], Order)
        .name("Orders");
      const keyed = orders.keyBy("country", "user");
      keyed.minBy("total", false).name("Smallest").setMaxParallelism(512).print();
      keyed.max("at").name("Latest").print();
      keyed
        .map((order) => order.total)
        .name("Totals")
        .print();
    },
  },
  {
    name: "keys-of-functions",
    options: { parallelism: 2, engine: "js", operatorChaining: false },
    define(env) {
      const orders = env.fromCollection([{ user: "u", country: "c", total: 1, at: 0 }], Order);
      orders
        .keyBy((order) => order.total % 10, Types.INT)
        .reduce((a, b) => (a.total > b.total ? a : b))
        .print();
      const byUser = orders.keyBy((order) => [order.user, order.country]);
      byUser.sum("total").print();
      byUser.minBy("total").print();
    },
  },
  {
    name: "connected",
    options: { parallelism: 2 },
    define(env) {
      const orders = env.fromCollection([{ user: "u", country: "c", total: 1, at: 0 }], Order);
      const users = env.fromCollection([["u", 1] as [string, number]], User);
      orders
        .connect(users.union(env.fromCollection([["v", 2] as [string, number]], User)))
        .keyBy("user", 0)
        .map(
          (order) => order.total,
          (user) => user[1],
        )
        .returns(Types.LONG)
        .map((total) => `${total}`)
        .print();
      orders
        .keyBy("user")
        .connect(users.broadcast(new MapStateDescriptor<string, number>("ages")))
        .process<string>({ processElement() {}, processBroadcastElement() {} })
        .print();
      const late = new OutputTag<[string, number]>("late", User);
      const pairs = orders
        .keyBy("user")
        .intervalJoin(users.keyBy(0))
        .between("-1 s", "5 s")
        .upperBoundExclusive()
        .sideOutputRightLateData(late)
        .process<string>((order, _, __, out) => out.collect(order.user));
      orders
        .join(users)
        .where("user")
        .equalTo(0)
        .window(TumblingEventTimeWindows.of("1 min"))
        .apply((order, user) => `${order.user} ${user[1]}`)
        .returns(Types.STRING)
        .print();
      pairs.print();
      pairs.getSideOutput(late).print();
    },
  },
  {
    name: "side-outputs",
    options: { parallelism: 2 },
    define(env) {
      const late = new OutputTag<number>("late", Types.INT);
      const words = env.fromElements("a", "b").process<string>((word, ctx, out) => {
        ctx.output(new OutputTag<number>("late"), word.length);
        ctx.output(new OutputTag<string>("unread"), word);
        out.collect(word);
      });
      const keyed = words.keyBy((word) => word).process<string>((word, _, out) => out.collect(word));
      const lengths = keyed.getSideOutput(new OutputTag<number>("lengths", Types.INT));
      lengths
        .keyBy(0)
        .sum(0)
        .union(words.getSideOutput(late))
        .map((n) => n + 1)
        .print();
      words.getSideOutput(late).filter((n) => n > 0).print();
      words.union(keyed).print();
    },
  },
];
