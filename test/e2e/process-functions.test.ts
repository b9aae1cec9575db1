/** Process functions, side outputs and rich functions, through the public API. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Collector,
  type DataStream,
  type ListState,
  ListStateDescriptor,
  OutputTag,
  RichFilterFunction,
  RichFlatMapFunction,
  RichMapFunction,
  StreamExecutionEnvironment,
  Types,
  type ValueState,
  ValueStateDescriptor,
} from "../../control/index.ts";

type Reading = [sensor: string, value: number];

const READINGS: readonly Reading[] = [
  ["a", 10],
  ["b", 5],
  ["a", 30],
  ["b", 1],
  ["a", 11],
];

function create(parallelism = 1): StreamExecutionEnvironment {
  return StreamExecutionEnvironment.getExecutionEnvironment({
    parallelism,
    execution: "in-process",
  });
}

const READING = Types.TUPLE(Types.STRING, Types.DOUBLE);

function readings(parallelism = 1): DataStream<Reading> {
  return create(parallelism).fromCollection([...READINGS], READING);
}

async function collected<T>(stream: DataStream<T>): Promise<T[]> {
  const rows: T[] = [];
  for await (const row of stream.executeAndCollect()) rows.push(row);
  return rows;
}

/** The first reading of a sensor differs by nothing. */
class Difference extends RichMapFunction<Reading, Reading> {
  #last!: ValueState<number>;

  override open(): void {
    this.#last = this.getRuntimeContext().getState(new ValueStateDescriptor("last", Types.DOUBLE));
  }

  map([sensor, value]: Reading): Reading {
    const last = this.#last.value() ?? value;
    this.#last.update(value);
    return [sensor, value - last];
  }
}

/** Keeps readings above the mean of those before. */
class AboveMean extends RichFilterFunction<Reading> {
  #history!: ListState<number>;

  override open(): void {
    const descriptor = new ListStateDescriptor("history", Types.DOUBLE);
    this.#history = this.getRuntimeContext().getListState(descriptor);
  }

  filter([, value]: Reading): boolean {
    const history = this.#history.get();
    const mean = history.reduce((sum, one) => sum + one, 0) / Math.max(history.length, 1);
    this.#history.add(value);
    return value > mean;
  }
}

/** Emits a jump of more than a threshold, with the readings before and after. */
class Jumps extends RichFlatMapFunction<Reading, [string, number, number]> {
  #last!: ValueState<number>;
  readonly #threshold: number;

  constructor(threshold: number) {
    super();
    this.#threshold = threshold;
  }

  override open(): void {
    this.#last = this.getRuntimeContext().getState(new ValueStateDescriptor("last", Types.DOUBLE));
  }

  flatMap([sensor, value]: Reading, out: Collector<[string, number, number]>): void {
    const last = this.#last.value();
    if (last !== null && Math.abs(value - last) > this.#threshold) {
      out.collect([sensor, last, value]);
    }
    this.#last.update(value);
  }
}

test("rich functions on a keyed stream: difference to the last value", async () => {
  assert.deepEqual(await collected(readings().keyBy(0).map(new Difference())), [
    ["a", 0],
    ["b", 0],
    ["a", 20],
    ["b", -4],
    ["a", -19],
  ]);
});

test("rich functions on a keyed stream: filter by the mean of the history", async () => {
  assert.deepEqual(await collected(readings().keyBy(0).filter(new AboveMean())), [
    ["a", 10],
    ["b", 5],
    ["a", 30],
  ]);
});

test("rich functions on a keyed stream: flatMap with state", async () => {
  const jumps = readings()
    .keyBy(([sensor]) => sensor)
    .flatMap(new Jumps(10));
  assert.deepEqual(await collected(jumps), [
    ["a", 10, 30],
    ["a", 30, 11],
  ]);
});

test("state off a keyed stream is refused with what to do", async () => {
  await assert.rejects(collected(readings().map(new Difference())), /MR_STATE_NOT_KEYED|keyBy\(\)/);
});

type Person = [name: string, age: number];

const PEOPLE: readonly Person[] = Array.from({ length: 200 }, (_, i) => [`p${i % 10}`, i % 90]);
const MINOR = new OutputTag<Person>("minor", Types.TUPLE(Types.STRING, Types.INT));
const OLD = new OutputTag<number>("old");

function byAge(parallelism: number) {
  return create(parallelism)
    .fromCollection([...PEOPLE], Types.TUPLE(Types.STRING, Types.INT))
    .process<Person>((person, ctx, out) => {
      const [, age] = person;
      if (age < 18) ctx.output(new OutputTag<Person>("minor"), person);
      else if (age > 65) ctx.output(OLD, age);
      else out.collect(person);
    })
    .returns(Types.TUPLE(Types.STRING, Types.INT));
}

const sorted = (rows: readonly unknown[]): string[] =>
  rows.map((one) => JSON.stringify(one)).sort();

for (const parallelism of [1, 3]) {
  test(`side outputs go wherever streams go (parallelism ${parallelism})`, async () => {
    const adults = byAge(parallelism);
    const minors = adults.getSideOutput(MINOR);
    const old = adults.getSideOutput(OLD).map((age): Person => ["old", age]);
    const keyed = minors.keyBy(0).process<Person>(([, age], ctx, out) => {
      out.collect([`young ${ctx.getCurrentKey()}`, age]);
    });
    const everybody = keyed.union(old.rebalance(), adults);
    const expected = PEOPLE.map(([name, age]): Person => {
      if (age > 65) return ["old", age];
      return [age < 18 ? `young ${name}` : name, age];
    });
    assert.deepEqual(sorted(await collected(everybody)), sorted(expected));
  });

  test(`a key selector reads a side output beside the main one (parallelism ${parallelism})`, async () => {
    const adults = byAge(parallelism);
    const both = adults.getSideOutput(MINOR).union(adults);
    const counts = both
      .keyBy(([, age]) => age % 7)
      .map(([, age]): [number, number] => [age % 7, 1])
      .keyBy(0)
      .sum(1);
    const expected = new Map<number, number>();
    const running = PEOPLE.filter(([, age]) => age <= 65).map(([, age]): [number, number] => {
      expected.set(age % 7, (expected.get(age % 7) ?? 0) + 1);
      return [age % 7, expected.get(age % 7) ?? 0];
    });
    assert.deepEqual(sorted(await collected(counts)), sorted(running));
  });
}

test("split and select: a record goes to each selection once", async () => {
  const split = create()
    .fromElements(1, 2, 3, 4, 5, 6)
    .split((n) => (n % 2 === 0 ? ["even", n > 4 ? "large" : "small"] : "odd"));
  const union = split
    .select("even", "small")
    .map((n) => `e${n}`)
    .union(
      split.select("odd").map((n) => `o${n}`),
      split.select("large").map((n) => `l${n}`),
      split.select("small", "even").map((n) => `s${n}`),
    );
  assert.deepEqual(
    sorted(await collected(union)),
    sorted(["e2", "e4", "e6", "s2", "s4", "s6", "o1", "o3", "o5", "l6"]),
  );
});

test("a process function on a stream without a key knows the times of its records", async () => {
  const rows = await collected(
    create()
      .addSource<number>({
        run(ctx) {
          ctx.collectWithTimestamp(1, 1000);
          ctx.collect(2);
        },
        cancel() {},
      })
      .process<[number, number | null]>((value, ctx, out) => {
        out.collect([value, ctx.timestamp()]);
      }),
  );
  assert.deepEqual(rows, [
    [1, 1000],
    [2, null],
  ]);
});
