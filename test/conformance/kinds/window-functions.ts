/** The named functions over windows, and the types of what they put out. */
import {
  type AggregateFunction,
  type Collector,
  OutputTag,
  type ProcessWindowContext,
  type TimeWindow,
  ValueStateDescriptor,
} from "../../../control/index.ts";
import { toText } from "../../../dataplane/formats/to-text.ts";
import type { DataType } from "../../../dataplane/protocol/types.ts";

type Row = readonly unknown[];
type Output = Collector<Row>;

const INT: DataType = { kind: "INT" };
const LONG: DataType = { kind: "LONG" };
const DOUBLE: DataType = { kind: "DOUBLE" };
const STRING: DataType = { kind: "STRING" };

const SIDE = new OutputTag<Row>("side");
const CLEARED = new OutputTag<Row>("cleared");
const WINDOW_FIRINGS = new ValueStateDescriptor<number>("firings of the window");
const KEY_FIRINGS = new ValueStateDescriptor<number>("firings of the key");

export function tuple(...fields: readonly DataType[]): DataType {
  return { kind: "TUPLE", fields };
}

/** What one call is about. The key is left out of what functions over all records put out. */
interface Call {
  readonly key: readonly unknown[];
  readonly window: TimeWindow;
  readonly elements: readonly Row[];
  /** null = apply() has none. */
  readonly context: ProcessWindowContext | null;
  readonly out: Output;
  readonly elementType: DataType;
}

interface NamedFunction {
  outputType(key: readonly DataType[], element: DataType): DataType;
  call(call: Call): void;
  clear?(context: ProcessWindowContext): void;
}

function joined({ elements, elementType }: Call, order: "arrival" | "sorted" = "arrival"): string {
  const texts = elements.map((element) => toText(element[1], fieldOf(elementType, 1)));
  return (order === "sorted" ? texts.sort() : texts).join(",");
}

function fieldOf(type: DataType, index: number): DataType {
  return (type.kind === "TUPLE" ? type.fields[index] : undefined) ?? STRING;
}

function contextOf({ context }: Call): ProcessWindowContext {
  if (context === null) throw new TypeError("apply() has no context.");
  return context;
}

const WITH_TEXT: NamedFunction["outputType"] = (key) => tuple(...key, LONG, LONG, STRING);

const collecting = (order: "arrival" | "sorted"): NamedFunction => ({
  outputType: WITH_TEXT,
  call: (call) => {
    const { key, window, out } = call;
    out.collect([...key, window.start, window.end, joined(call, order)]);
  },
});

export const WINDOW_FUNCTIONS: ReadonlyMap<string, NamedFunction> = new Map<string, NamedFunction>([
  ["collect", collecting("arrival")],
  ["collectSorted", collecting("sorted")],
  [
    "join",
    {
      outputType: (key) => tuple(...key, STRING),
      call: (call) => call.out.collect([...call.key, joined(call)]),
    },
  ],
  [
    "each",
    {
      outputType: (_key, element) => element,
      call: ({ elements, out }) => {
        for (const element of elements) out.collect(element);
      },
    },
  ],
  [
    "withWindow",
    {
      outputType: WITH_TEXT,
      call: ({ key, window, elements, out, elementType }) => {
        for (const element of elements) {
          out.collect([...key, window.start, window.end, toText(element, elementType)]);
        }
      },
    },
  ],
  [
    "context",
    {
      outputType: (key) => tuple(...key, LONG, LONG, INT, LONG, LONG),
      call: (call) => {
        const { key, window, elements, out } = call;
        const context = contextOf(call);
        const times = [context.currentWatermark(), context.currentProcessingTime()];
        out.collect([...key, window.start, window.end, elements.length, ...times]);
      },
    },
  ],
  [
    "side",
    {
      outputType: (key) => tuple(...key, INT),
      call: (call) => {
        const { key, elements, out } = call;
        for (const element of elements) contextOf(call).output(SIDE, element);
        out.collect([...key, elements.length]);
      },
    },
  ],
  [
    "firings",
    {
      outputType: (key) => tuple(...key, LONG, LONG, INT, INT, INT),
      call: (call) => {
        const { key, window, elements, out } = call;
        const context = contextOf(call);
        const counts = [
          context.windowState().getState(WINDOW_FIRINGS),
          context.globalState().getState(KEY_FIRINGS),
        ].map((state) => {
          const count = (state.value() ?? 0) + 1;
          state.update(count);
          return count;
        });
        out.collect([...key, window.start, window.end, elements.length, ...counts]);
      },
      clear: (context) => {
        const state = context.windowState().getState(WINDOW_FIRINGS);
        const { start, end } = context.window();
        context.output(CLEARED, [String(start), end, state.value() ?? 0]);
        state.clear();
      },
    },
  ],
]);

/** Side outputs that the functions have. */
export function sideTypes(element: DataType): ReadonlyMap<string, DataType> {
  return new Map([
    [SIDE.id, element],
    [CLEARED.id, tuple(STRING, LONG, INT)],
  ]);
}

export function functionObject(
  { call, clear }: NamedFunction,
  isKeyed: boolean,
  elementType: DataType,
): object {
  // Of a window with a key the first argument is the key.
  const split = (args: readonly unknown[]) => ({
    key: isKeyed ? [args[0]] : [],
    rest: isKeyed ? args.slice(1) : args,
  });
  return {
    process: (...args: readonly unknown[]) => {
      const { key, rest } = split(args);
      const [context, elements, out] = rest as [ProcessWindowContext, Iterable<Row>, Output];
      const window = context.window();
      call({ key, window, elements: [...elements], context, out, elementType });
    },
    apply: (...args: readonly unknown[]) => {
      const { key, rest } = split(args);
      const [window, elements, out] = rest as [TimeWindow, Iterable<Row>, Output];
      call({ key, window, elements: [...elements], context: null, out, elementType });
    },
    ...(clear === undefined ? {} : { clear }),
  };
}

interface Stats<Sum> {
  readonly key: unknown;
  readonly count: number;
  readonly sum: Sum;
}

/** stats1: key, count, sum and mean of field 1. */
const STATS: AggregateFunction<readonly [unknown, number], Stats<number>, Row> = {
  createAccumulator: () => ({ key: null, count: 0, sum: 0 }),
  add: ([key, value], { count, sum }) => ({ key, count: count + 1, sum: sum + value }),
  getResult: ({ key, count, sum }) => [key, count, sum, sum / count],
  merge: (a, b) => ({
    key: a.count > 0 ? a.key : b.key,
    count: a.count + b.count,
    sum: a.sum + b.sum,
  }),
};

/** The same of a LONG, whose sums wrap as Java's do. */
const LONG_STATS: AggregateFunction<Row, Stats<bigint>, Row> = {
  createAccumulator: () => ({ key: null, count: 0, sum: 0n }),
  add: ([key, value], { count, sum }) => ({
    key,
    count: count + 1,
    sum: BigInt.asIntN(64, sum + BigInt(value as number)),
  }),
  getResult: ({ key, count, sum }) => [key, count, sum, Number(sum) / count],
  merge: (a, b) => ({
    key: a.count > 0 ? a.key : b.key,
    count: a.count + b.count,
    sum: BigInt.asIntN(64, a.sum + b.sum),
  }),
};

export function statsOf(value: DataType): object {
  return value.kind === "INT" ? STATS : LONG_STATS;
}

export function statsType(key: DataType): DataType {
  return tuple(key, INT, LONG, DOUBLE);
}
