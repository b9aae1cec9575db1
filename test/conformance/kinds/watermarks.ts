/** Kind `watermarks`: assignTimestampsAndWatermarks() of the strategies and extractors of the vectors. */
import {
  BoundedOutOfOrdernessTimestampExtractor,
  strategyOf,
} from "../../../control/api/timestamp-extractors.ts";
import { WatermarkStrategy } from "../../../control/api/watermark-strategy.ts";
import { watermarkFunctions, watermarksSpec } from "../../../control/plan/watermark-plan.ts";
import type {
  WatermarkGenerator,
  WatermarkOutput,
} from "../../../dataplane/connectors/watermark-generator.ts";
import type { OperatorSpec } from "../../../dataplane/protocol/deployment.ts";
import type { OperatorKind } from "../operator.ts";
import { SegmentOperator } from "../segment-operator.ts";
import { type OperatorDescription, tupleTypeOf } from "../vectors.ts";

interface StrategyDescription {
  readonly type: string;
  readonly ms?: number;
  readonly generator?: string;
  /** Which field the named generator looks at. */
  readonly field?: number;
  readonly idleness?: number;
}

interface WatermarksDescription extends OperatorDescription {
  readonly strategy: StrategyDescription;
  readonly timestampField?: number;
  readonly interval: number;
}

type Fields = readonly unknown[];
type Strategy = WatermarkStrategy<Fields>;
type Make = (strategy: StrategyDescription, timeOf: (record: Fields) => number) => Strategy;

const silent = (): void => undefined;

type MakeGenerator = (field: number) => WatermarkGenerator<Fields>;

const GENERATORS: ReadonlyMap<string, MakeGenerator> = new Map<string, MakeGenerator>([
  [
    "punctuated",
    (field) => ({
      onEvent: (record, timestampMs, output) => {
        if (record[field] === true) output.emitWatermark(timestampMs);
      },
      onPeriodicEmit: silent,
    }),
  ],
  [
    "everyRecord",
    () => ({
      onEvent: (_record, timestampMs, output) => output.emitWatermark(timestampMs),
      onPeriodicEmit: silent,
    }),
  ],
  ["lastSeen", () => new LastSeen()],
  [
    "idleOnNegative",
    (field) => ({
      onEvent: (record, timestampMs, output) => {
        if (Number(record[field]) < 0) output.markIdle();
        else output.emitWatermark(timestampMs);
      },
      onPeriodicEmit: silent,
    }),
  ],
]);

class LastSeen implements WatermarkGenerator<Fields> {
  #last = Number.NEGATIVE_INFINITY;

  onEvent(_record: Fields, timestampMs: number): void {
    this.#last = timestampMs;
  }

  onPeriodicEmit(output: WatermarkOutput): void {
    output.emitWatermark(this.#last);
  }
}

class Extractor extends BoundedOutOfOrdernessTimestampExtractor<Fields> {
  readonly #timeOf: (record: Fields) => number;

  constructor(ms: number, timeOf: (record: Fields) => number) {
    super(ms);
    this.#timeOf = timeOf;
  }

  extractTimestamp(record: Fields): number {
    return this.#timeOf(record);
  }
}

/** The study note's own AssignerWithPeriodicWatermarks. */
function seedPeriodic(timeOf: (record: Fields) => number): Strategy {
  let max = 0;
  return strategyOf<Fields>({
    extractTimestamp(record: Fields) {
      const time = timeOf(record);
      max = Math.max(max, time);
      return time;
    },
    getCurrentWatermark: () => max - 1000,
  });
}

const STRATEGIES: ReadonlyMap<string, Make> = new Map<string, Make>([
  ["forMonotonousTimestamps", () => WatermarkStrategy.forMonotonousTimestamps()],
  ["forBoundedOutOfOrderness", ({ ms = 0 }) => WatermarkStrategy.forBoundedOutOfOrderness(ms)],
  ["noWatermarks", () => WatermarkStrategy.noWatermarks()],
  [
    "forGenerator",
    ({ generator = "", field = 0 }) => {
      const create = GENERATORS.get(generator);
      if (create === undefined) throw new TypeError(`There is no generator ${generator}.`);
      return WatermarkStrategy.forGenerator(() => create(field));
    },
  ],
  [
    "BoundedOutOfOrdernessTimestampExtractor",
    ({ ms = 0 }, timeOf) => strategyOf<Fields>(new Extractor(ms, timeOf)),
  ],
  ["seedPeriodic", (_, timeOf) => seedPeriodic(timeOf)],
]);

export const watermarks: OperatorKind = { unsupported, create };

function unsupported(description: OperatorDescription): string | null {
  const { type, generator } = (description as WatermarksDescription).strategy;
  if (!STRATEGIES.has(type)) return `strategy ${type}`;
  if (generator === undefined || GENERATORS.has(generator)) return null;
  return `generator ${generator}`;
}

function create(description: OperatorDescription, types: readonly string[]): SegmentOperator {
  const { interval } = description as WatermarksDescription;
  const { plan } = strategyFor(description as WatermarksDescription);
  const type = { record: tupleTypeOf(types), key: null };
  const spec: OperatorSpec = {
    id: "watermarks",
    name: "watermarks",
    kind: "watermarks",
    input: null,
    inputType: type,
    outputType: type,
    engine: "js",
    watermarks: watermarksSpec(plan, interval),
  };
  const functions = new Map(
    watermarkFunctions("", plan).map(([role, value]) => [role.slice(1), value]),
  );
  const subtask = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
  return new SegmentOperator({ spec, functions, ...subtask });
}

function strategyFor({ strategy, timestampField }: WatermarksDescription): Strategy {
  const timeOf = (record: Fields): number => record[timestampField ?? 0] as number;
  const made = (STRATEGIES.get(strategy.type) as Make)(strategy, timeOf);
  const { idleness } = strategy;
  const idling = idleness === undefined ? made : made.withIdleness(idleness);
  // It extracts times itself, and remembers the greatest.
  if (timestampField === undefined || strategy.type === "seedPeriodic") return idling;
  return idling.withTimestampAssigner(timeOf);
}
