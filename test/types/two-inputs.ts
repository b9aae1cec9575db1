/** What operators with two inputs infer and what they refuse at compile time. Compiled, never run. */
import type {
  DataStream,
  KeyedStream,
  SingleOutputStreamOperator,
} from "../../control/api/data-stream.ts";
import type { KeyedBroadcastContext } from "../../dataplane/functions/broadcast.ts";
import { OutputTag } from "../../dataplane/functions/output-tag.ts";
import {
  ListStateDescriptor,
  MapStateDescriptor,
  ValueStateDescriptor,
} from "../../dataplane/functions/state.ts";
import type { TimeWindow } from "../../dataplane/functions/windows/window.ts";
import type { WindowAssigner } from "../../dataplane/functions/windows/window-assigner.ts";

type Same<A, B> =
  (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
function is<Holds extends true>(): Holds | undefined {
  return undefined;
}

type Pair = [name: string, value: number];

export function connected(pairs: DataStream<Pair>, words: DataStream<string>): void {
  const tagged = pairs.connect(words).map(
    (pair) => pair[1],
    (word) => word.length,
  );
  is<Same<typeof tagged, SingleOutputStreamOperator<number>>>();
  pairs.connect(words).process<number>({
    processElement1(pair, ctx, out) {
      is<Same<typeof pair, Pair>>();
      // @ts-expect-error streams without keys have no current one
      ctx.getCurrentKey();
      out.collect(1);
    },
    processElement2() {},
  });
  pairs
    .connect(words)
    .keyBy(
      (pair) => pair[0],
      (word) => word,
    )
    .process<number>({
      processElement1(_, ctx) {
        const key = ctx.getCurrentKey();
        is<Same<typeof key, string>>();
      },
      processElement2() {},
      onTimer: (_, ctx, out) => out.collect(ctx.timestamp() ?? 0),
    });
  // @ts-expect-error the second function is missing
  pairs.connect(words).map((pair) => pair[1]);
}

export function broadcast(pairs: DataStream<Pair>, words: DataStream<string>): void {
  const rules = new MapStateDescriptor<string, number>("rules");
  pairs
    .keyBy(0)
    .connect(words.broadcast(rules))
    .process<string>({
      processElement(_, ctx) {
        const limit = ctx.getBroadcastState(rules).get("a");
        is<Same<typeof limit, number | null>>();
        // @ts-expect-error broadcast state is read-only here
        ctx.getBroadcastState(rules).put("a", 1);
        ctx.timerService().registerEventTimeTimer(1);
      },
      processBroadcastElement(word, ctx) {
        ctx.getBroadcastState(rules).put(word, 1);
        // @ts-expect-error a broadcast record has no key to set timers for
        ctx.timerService();
        // @ts-expect-error the values are numbers
        ctx.getBroadcastState(rules).put(word, "1");
      },
    });
  pairs.connect(words.broadcast(rules)).process<string>({
    processElement() {},
    // @ts-expect-error there is no keyed state
    processBroadcastElement: (_, ctx) => ctx.applyToKeyedState(rules, () => {}),
  });
  // @ts-expect-error broadcast state is maps
  words.broadcast(new ValueStateDescriptor<number>("rules"));
}

export function keyedState(ctx: KeyedBroadcastContext<string>): void {
  ctx.applyToKeyedState(new ValueStateDescriptor<number>("n"), (key, state) => {
    is<Same<typeof key, string>>();
    state.update(1);
  });
  ctx.applyToKeyedState(new ListStateDescriptor<number>("l"), (_, state) => {
    is<Same<ReturnType<typeof state.get>, readonly number[]>>();
  });
}

export function joined(
  pairs: KeyedStream<Pair, string>,
  words: KeyedStream<string, string>,
  numbers: KeyedStream<number, number>,
): void {
  const join = pairs.intervalJoin(words).between("-5 s", 0);
  const lengths = join
    .sideOutputLeftLateData(new OutputTag<Pair>("late"))
    .process<number>((pair, word, ctx, out) => {
      is<Same<typeof pair, Pair>>();
      is<Same<typeof word, string>>();
      out.collect(ctx.getTimestamp());
    });
  is<Same<typeof lengths, SingleOutputStreamOperator<number>>>();
  // @ts-expect-error late left records are pairs
  join.sideOutputLeftLateData(new OutputTag<number>("late"));
  // @ts-expect-error their keys are of other types
  pairs.intervalJoin(numbers);
}

export function windowJoined(
  pairs: DataStream<Pair>,
  words: DataStream<string>,
  windows: WindowAssigner<unknown, TimeWindow>,
): void {
  const byKey = pairs.join(words).where((pair) => pair[0]);
  const lengths = byKey
    .equalTo((word) => word)
    .window(windows)
    .apply((pair, word) => pair[1] + word.length);
  is<Same<typeof lengths, SingleOutputStreamOperator<number>>>();
  // @ts-expect-error the key is of another type
  byKey.equalTo((word) => word.length);
  const groups = pairs
    .coGroup(words)
    .where(0)
    .equalTo(0)
    .window(windows)
    .apply<number>((ofPairs, ofWords, out) => {
      is<Same<typeof ofPairs, readonly Pair[]>>();
      is<Same<typeof ofWords, readonly string[]>>();
      out.collect(ofPairs.length);
    });
  is<Same<typeof groups, SingleOutputStreamOperator<number>>>();
}
