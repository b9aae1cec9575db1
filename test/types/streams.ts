/** What the API infers and what it refuses at compile time. Compiled, never run. */
import { AsyncDataStream } from "../../control/api/async-data-stream.ts";
import type {
  DataStream,
  KeyedStream,
  SingleOutputStreamOperator,
} from "../../control/api/data-stream.ts";
import type { DataStreamSource } from "../../control/api/data-stream-source.ts";
import type { StreamExecutionEnvironment } from "../../control/api/environment.ts";
import type {
  AsyncFunction,
  FlatMapFunction,
  KeySelector,
  MapFunction,
  ReduceFunction,
  ResultFuture,
} from "../../control/api/functions.ts";
import { WatermarkStrategy } from "../../control/api/watermark-strategy.ts";
import { type TypeInformation, Types } from "../../control/common/types.ts";
import type { EngineOptions } from "../../control/config/settings.ts";
import type { Sink } from "../../dataplane/connectors/sink.ts";
import type { Collector } from "../../dataplane/functions/collector.ts";
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import {
  type KeyedProcessContext,
  KeyedProcessFunction,
} from "../../dataplane/functions/process.ts";
import { ValueStateDescriptor } from "../../dataplane/functions/state.ts";

type Same<A, B> =
  (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
function is<Holds extends true>(): Holds | undefined {
  return undefined;
}

interface Order {
  readonly user: string;
  total: number;
  note?: string;
  paid: boolean;
  tags: string[];
  describe(): string;
}

declare const env: StreamExecutionEnvironment;
declare const words: DataStream<string>;
declare const numbers: DataStream<number>;
declare const pairs: DataStream<[string, number]>;
declare const orders: DataStream<Order>;
declare const sinkOfNumbers: Sink<number>;
declare function acceptOptions(options: EngineOptions): void;
declare function nothing(word: string): void;

export function infersTuplesWithoutAsConst(): void {
  const fromMap = words.map((word) => [word, 1]);
  is<Same<typeof fromMap, SingleOutputStreamOperator<[string, number]>>>();
  const nested = words.map((word) => [word, word.length, { size: word.length, parts: [word] }]);
  is<
    Same<
      typeof nested,
      SingleOutputStreamOperator<[string, number, { size: number; parts: string[] }]>
    >
  >();
  const listOfTuples = words.flatMap((line) => [[line, 1]]);
  is<Same<typeof listOfTuples, SingleOutputStreamOperator<[string, number]>>>();
  const mapped = words.flatMap((line) => line.split(" ").map((word) => [word, 1]));
  is<Same<typeof mapped, SingleOutputStreamOperator<[string, number]>>>();
  const generated = words.flatMap(function* (line) {
    for (const word of line.split(" ")) yield [word, 1];
  });
  is<Same<typeof generated, SingleOutputStreamOperator<[string, number]>>>();
  const collected = words.flatMap((line, out: Collector<[string, number]>) =>
    out.collect([line, 1]),
  );
  is<Same<typeof collected, SingleOutputStreamOperator<[string, number]>>>();
  const named = words.flatMap<[string, number]>((line, out) => out.collect([line, 1]));
  is<Same<typeof named, SingleOutputStreamOperator<[string, number]>>>();
  const elements = env.fromElements(["a", 1], ["b", 2]);
  is<Same<typeof elements, DataStreamSource<[string, number]>>>();
  const data = env.fromData([["a", 1]]);
  is<Same<typeof data, DataStreamSource<[string, number]>>>();
  const compositeKey = orders.keyBy((order) => [order.user, order.total]);
  is<Same<typeof compositeKey, KeyedStream<Order, [string, number]>>>();
}

export function strategiesKnowTheirRecords(): void {
  const byTotal = WatermarkStrategy.forMonotonousTimestamps<Order>().withTimestampAssigner(
    (order) => order.total,
  );
  is<Same<typeof byTotal, WatermarkStrategy<Order>>>();
  const annotated = WatermarkStrategy.forBoundedOutOfOrderness("5 s").withTimestampAssigner(
    (order: Order) => order.total,
  );
  const assigned = orders.assignTimestampsAndWatermarks(annotated.withIdleness(1000));
  is<Same<typeof assigned, SingleOutputStreamOperator<Order>>>();
  orders.assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps());
  // @ts-expect-error: a strategy for orders
  words.assignTimestampsAndWatermarks(byTotal);
  // @ts-expect-error: a time is a number
  byTotal.withTimestampAssigner((order) => order.user);
  orders.assignTimestampsAndWatermarks({
    extractTimestamp: (order) => order.total,
    getCurrentWatermark: () => 5,
  });
}

export function infersPlainTypes(): void {
  const split = words.flatMap((line) => line.split(" "));
  is<Same<typeof split, SingleOutputStreamOperator<string>>>();
  const lengths = words.map((word) => word.length);
  is<Same<typeof lengths, SingleOutputStreamOperator<number>>>();
  const objects = words.map((word) => ({ word, count: 1 }));
  is<Same<typeof objects, SingleOutputStreamOperator<{ word: string; count: number }>>>();
  const mixed = words.map((word): string | number => (word === "" ? 0 : word));
  const strings = mixed.filter((value) => typeof value === "string");
  is<Same<typeof strings, SingleOutputStreamOperator<string>>>();
  const literals = env.fromElements("a", "b");
  is<Same<typeof literals, DataStreamSource<string>>>();
  const lists = words.map((word) => word.split(","));
  is<Same<typeof lists, SingleOutputStreamOperator<string[]>>>();
  const rows = pairs.executeAndCollect();
  is<Same<typeof rows extends AsyncIterable<infer Row> ? Row : never, [string, number]>>();
  const limited = pairs.executeAndCollect(10);
  is<Same<typeof limited, Promise<[string, number][]>>>();
}

export function infersFunctionObjects(): void {
  class Pair implements MapFunction<string, [string, number]> {
    map(word: string): [string, number] {
      return [word, 1];
    }
  }
  const mapped = words.map(new Pair());
  is<Same<typeof mapped, SingleOutputStreamOperator<[string, number]>>>();
  class Split implements FlatMapFunction<string, string> {
    flatMap(line: string, out: Collector<string>): void {
      out.collect(line);
    }
  }
  const split = words.flatMap(new Split());
  is<Same<typeof split, SingleOutputStreamOperator<string>>>();
  class ByUser implements KeySelector<Order, string> {
    getKey(order: Order): string {
      return order.user;
    }
  }
  const keyed = orders.keyBy(new ByUser(), Types.STRING);
  is<Same<typeof keyed, KeyedStream<Order, string>>>();
  class Larger implements ReduceFunction<number> {
    reduce(a: number, b: number): number {
      return Math.max(a, b);
    }
  }
  numbers.keyBy((value) => value % 2).reduce(new Larger());
  numbers.partitionCustom({ partition: (key: number, count) => key % count }, (value) => value);
}

export function keysHaveTheTypeOfTheirField(): void {
  const byPosition = pairs.keyBy(0);
  is<Same<typeof byPosition, KeyedStream<[string, number], string>>>();
  const byName = orders.keyBy("user");
  is<Same<typeof byName, KeyedStream<Order, string>>>();
  const byOptional = orders.keyBy("note");
  is<Same<typeof byOptional, KeyedStream<Order, string>>>();
  const bySeveral = orders.keyBy("user", "total");
  is<Same<typeof bySeveral, KeyedStream<Order, [string, number]>>>();
  const bySeveralPositions = pairs.keyBy(1, 0);
  is<Same<typeof bySeveralPositions, KeyedStream<[string, number], [number, string]>>>();
  const byFunction = orders.keyBy((order) => order.total > 10);
  is<Same<typeof byFunction, KeyedStream<Order, boolean>>>();
  const summed = pairs.keyBy(0).sum(1);
  is<Same<typeof summed, SingleOutputStreamOperator<[string, number]>>>();
  orders.keyBy("user").sum("total");
  orders.keyBy("user").maxBy("total", false).keyBy("paid").min("note");
  numbers.keyBy((value) => value).sum(0);
  orders.partitionCustom((user, count) => user.length % count, "user");
}

export function typeInformationHasTheTypeOfItsValues(): void {
  const tuple = Types.TUPLE(Types.STRING, Types.INT, Types.LIST(Types.BOOLEAN));
  is<Same<typeof tuple, TypeInformation<[string, number, boolean[]]>>>();
  const row = Types.ROW({ user: Types.STRING, at: Types.TIMESTAMP, raw: Types.BYTES });
  is<Same<typeof row, TypeInformation<{ user: string; at: number; raw: Uint8Array }>>>();
  words.map((word) => [word, 1]).returns(Types.TUPLE(Types.STRING, Types.LONG));
  words
    .map((word) => ({ word, note: word === "" ? null : word }))
    .returns(Types.ROW({ word: Types.STRING, note: Types.STRING }));
  words.map((word): "a" | "b" => (word === "a" ? "a" : "b")).returns(Types.STRING);
  words.map(() => new Map([["a", 1]])).returns(Types.GENERIC());
}

export function aUnionTakesStreamsOfASubtype(): void {
  const paid = orders.filter((order): order is Order & { paid: true } => order.paid);
  const all = orders.union(paid);
  is<Same<typeof all, DataStream<Order>>>();
}

export function refusesNullRecords(): void {
  // @ts-expect-error a lambda that returns nothing
  words.map(nothing);
  // @ts-expect-error a record may not be undefined
  words.map((word) => word.split(" ")[5] as string | undefined);
  // @ts-expect-error a record may not be null
  env.fromElements("a", null);
  // @ts-expect-error a key may not be undefined
  orders.keyBy((order) => order.note);
}

export function refusesWrongFunctions(): void {
  // @ts-expect-error a filter answers a boolean
  words.filter((word) => word.length);
  // @ts-expect-error flatMap answers records in an iterable
  words.flatMap((word) => word.length);
  // @ts-expect-error a string is iterable, but its characters are hardly what was meant
  words.flatMap((word) => word.trim());
  // @ts-expect-error functions are synchronous
  words.flatMap(async (word) => [word]);
  // @ts-expect-error the parameter is a string
  words.map((word: number) => word);
  // @ts-expect-error reduce keeps the type
  pairs.keyBy(0).reduce((a, b) => a[1] + b[1]);
  const same = (word: string) => word;
  // @ts-expect-error a partitioner answers a number
  words.partitionCustom(same, same);
  // @ts-expect-error the collector takes pairs
  words.flatMap((line, out: Collector<[string, number]>) => out.collect([1, line]));
}

export function refusesWrongFields(): void {
  // @ts-expect-error no such field
  orders.keyBy("usr");
  // @ts-expect-error no such field among several
  orders.keyBy("user", "totl");
  // @ts-expect-error no such position
  pairs.keyBy(2);
  // @ts-expect-error a tuple has positions, not names
  pairs.keyBy("f0");
  // @ts-expect-error an object has names, not positions
  orders.keyBy(0);
  // @ts-expect-error a method is no field
  orders.keyBy("describe");
  // @ts-expect-error not a number
  pairs.keyBy(0).sum(0);
  // @ts-expect-error not a number
  orders.keyBy("user").sum("note");
  // @ts-expect-error lists cannot be compared
  orders.keyBy("user").max("tags");
  // @ts-expect-error no such field
  orders.keyBy("user").minBy("prize");
  // @ts-expect-error a plain value has one field, 0
  numbers.keyBy((value) => value).sum(1);
  // @ts-expect-error aggregates need a key
  pairs.sum(1);
}

export function refusesOtherTypes(): void {
  // @ts-expect-error a union has one type
  words.union(numbers);
  // @ts-expect-error a union has one type
  pairs.union(env.fromElements(["a", "b"]));
  // @ts-expect-error elements have one type
  env.fromElements("a", 1);
  // @ts-expect-error not the type of the records
  words.map((word) => [word, 1]).returns(Types.TUPLE(Types.STRING, Types.STRING));
  // @ts-expect-error not the type of the key
  orders.keyBy((order) => order.user, Types.INT);
  // @ts-expect-error not the type of the elements
  env.fromCollection(["a"], Types.INT);
  // @ts-expect-error a sink of other records
  words.sinkTo(sinkOfNumbers);
  // @ts-expect-error unknown option
  acceptOptions({ paralelism: 2 });
  // @ts-expect-error no such mode
  env.setRuntimeMode("STREAM");
  // @ts-expect-error no such engine
  words.map((word) => word).engine("wat");
}

declare const lookup: AsyncFunction<string, Order>;

export function asyncIo(): void {
  const answered = AsyncDataStream.orderedWait(words, async (word) => [[word, word.length]], 1000);
  is<Same<typeof answered, SingleOutputStreamOperator<[string, number]>>>();
  const completed = AsyncDataStream.unorderedWait(
    words,
    (word, future: ResultFuture<number>) => future.complete([word.length]),
    "1 s",
  );
  is<Same<typeof completed, SingleOutputStreamOperator<number>>>();
  const found = AsyncDataStream.orderedWait(words, lookup, "1 s", 10);
  is<Same<typeof found, SingleOutputStreamOperator<Order>>>();
  // @ts-expect-error the function takes other records
  AsyncDataStream.orderedWait(numbers, lookup, "1 s");
  // @ts-expect-error results come as an iterable
  AsyncDataStream.orderedWait(numbers, async (n) => n, "1 s");
  // @ts-expect-error a retry strategy is missing
  AsyncDataStream.orderedWaitWithRetry(words, lookup, "1 s", 10);
}

export function processFunctions(pairs: DataStream<[string, number]>): void {
  const tag = new OutputTag("late", Types.INT);
  is<Same<typeof tag, OutputTag<number>>>();
  const keyed = pairs.keyBy(0);
  const counted = keyed.process<number>((pair, ctx, out) => {
    is<Same<typeof pair, [string, number]>>();
    const key = ctx.getCurrentKey();
    is<Same<typeof key, string>>();
    ctx.output(tag, 1);
    // @ts-expect-error: the tag is of numbers
    ctx.output(tag, "1");
    out.collect(1);
  });
  is<Same<typeof counted, SingleOutputStreamOperator<number>>>();
  const late = counted.getSideOutput(tag);
  is<Same<typeof late, DataStream<number>>>();
  // @ts-expect-error: a stream without a key has none
  pairs.process<number>((_, ctx) => ctx.getCurrentKey());
  class Count extends KeyedProcessFunction<string, [string, number], number> {
    processElement(_: [string, number], ctx: KeyedProcessContext<string>): void {
      const state = this.getRuntimeContext().getState(new ValueStateDescriptor("n", Types.INT));
      is<Same<ReturnType<typeof state.value>, number | null>>();
      ctx.timerService().registerEventTimeTimer(1);
    }
  }
  const objects = keyed.process(new Count());
  is<Same<typeof objects, SingleOutputStreamOperator<number>>>();
  // @ts-expect-error: the function takes other records
  words.keyBy(0).process(new Count());
}
