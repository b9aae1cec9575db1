/** The function `stateScript` of the vectors. */
import {
  type AggregateFunction,
  type AggregatingState,
  AggregatingStateDescriptor,
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type ReducingState,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateTtlConfig,
  type ValueState,
  ValueStateDescriptor,
} from "../../../control/index.ts";

type Command = readonly [key: string, command: string, argument: string];

const countAndSum: AggregateFunction<number, [count: number, sum: number], string> = {
  createAccumulator: () => [0, 0],
  add: (value, [count, sum]) => [count + 1, (sum + value) | 0],
  getResult: ([count, sum]) => `${count}/${sum}`,
  merge: (a, b) => [a[0] + b[0], (a[1] + b[1]) | 0],
};

interface States {
  readonly value: ValueState<string>;
  readonly list: ListState<string>;
  readonly map: MapState<string, string>;
  readonly reducing: ReducingState<number>;
  readonly aggregating: AggregatingState<number, string>;
}

export class StateScript extends KeyedProcessFunction<string, Command, Command> {
  readonly #ttl: StateTtlConfig | null;
  #states: States | null = null;

  constructor(ttl: StateTtlConfig | null) {
    super();
    this.#ttl = ttl;
  }

  override open(): void {
    const context = this.getRuntimeContext();
    const add = (a: number, b: number): number => (a + b) | 0;
    this.#states = {
      value: context.getState(this.#timed(new ValueStateDescriptor<string>("value"))),
      list: context.getListState(this.#timed(new ListStateDescriptor<string>("list"))),
      map: context.getMapState(this.#timed(new MapStateDescriptor<string, string>("map"))),
      reducing: context.getReducingState(
        this.#timed(new ReducingStateDescriptor<number>("reducing", add)),
      ),
      aggregating: context.getAggregatingState(
        this.#timed(new AggregatingStateDescriptor("aggregating", countAndSum)),
      ),
    };
  }

  processElement(
    [key, command, argument]: Command,
    _ctx: KeyedProcessContext<string>,
    out: Collector<Command>,
  ): void {
    if (this.#states === null) throw new TypeError("not open");
    const run = COMMANDS[command];
    if (run === undefined) throw new TypeError(`There is no command ${command}.`);
    const result = run(this.#states, argument);
    out.collect([key, command, result === undefined ? "ok" : String(result)]);
  }

  #timed<D extends StateDescriptor>(descriptor: D): D {
    if (this.#ttl !== null) descriptor.enableTimeToLive(this.#ttl);
    return descriptor;
  }
}

/** Writes answer nothing. */
const COMMANDS: Readonly<Record<string, (states: States, argument: string) => unknown>> = {
  "value.get": ({ value }) => value.value(),
  "value.set": ({ value }, argument) => value.update(argument),
  "value.setNull": ({ value }) => value.update(null),
  "value.clear": ({ value }) => value.clear(),
  "list.get": ({ list }) => `[${list.get().join(", ")}]`,
  "list.add": ({ list }, argument) => list.add(argument),
  "list.addAll": ({ list }, argument) => list.addAll(partsOf(argument)),
  "list.update": ({ list }, argument) => list.update(partsOf(argument)),
  "list.clear": ({ list }) => list.clear(),
  "map.get": ({ map }, argument) => map.get(argument),
  "map.put": ({ map }, argument) => map.put(...pairOf(argument)),
  "map.putAll": ({ map }, argument) => map.putAll(partsOf(argument).map(pairOf)),
  "map.remove": ({ map }, argument) => map.remove(argument),
  "map.contains": ({ map }, argument) => map.contains(argument),
  "map.isEmpty": ({ map }) => map.isEmpty(),
  "map.entries": ({ map }) => shown([...map.entries()].map(([key, value]) => `${key}=${value}`)),
  "map.keys": ({ map }) => `[${[...map.keys()].sort().join(", ")}]`,
  "map.values": ({ map }) => `[${[...map.values()].sort().join(", ")}]`,
  "map.clear": ({ map }) => map.clear(),
  "reducing.get": ({ reducing }) => reducing.get(),
  "reducing.add": ({ reducing }, argument) => reducing.add(Number(argument)),
  "reducing.clear": ({ reducing }) => reducing.clear(),
  "aggregating.get": ({ aggregating }) => aggregating.get(),
  "aggregating.add": ({ aggregating }, argument) => aggregating.add(Number(argument)),
  "aggregating.clear": ({ aggregating }) => aggregating.clear(),
};

function partsOf(argument: string): string[] {
  return argument === "" ? [] : argument.split("|");
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

function shown(pairs: readonly string[]): string {
  return `{${[...pairs].sort().join(", ")}}`;
}
