/**
 * From the operators of a task to the segments of its chain. Consecutive JavaScript operators are one
 * segment as long as the one before has no other reader: records then go from function to function
 * as they are. So are operators compiled into one module. Where rows have several readers, or change
 * engines, they lie in columns in between.
 */
import type { Sink } from "../../connectors/sink.ts";
import type { Source } from "../../connectors/source.ts";
import type { BatchType, OperatorSpec, WatermarksSpec } from "../../protocol/deployment.ts";
import { LONG_MIN } from "../../protocol/long.ts";
import type { DataType } from "../../protocol/types.ts";
import { BUILDER_WITH_KEY_GROUPS, BUILDER_WITH_TIMESTAMPS } from "../../protocol/view-layout.ts";
import type { ChainNode, Segment, SegmentContext } from "../segment.ts";
import { createEventTimeParts, type EventTimeParts } from "../watermarks/event-time-parts.ts";
import {
  createWindowOperator,
  type WindowOperatorSpec,
} from "../windows/create-window-operator.ts";
import { retryOf, timeoutOf } from "./async-functions.ts";
import { AsyncSegment, type AsyncSpec } from "./async-segment.ts";
import { BatchTarget } from "./batch-target.ts";
import { CollectConsumer } from "./collect-consumer.ts";
import { CombineSegment } from "./combine-segment.ts";
import { CompiledSegment } from "./compiled-segment.ts";
import { CountedSink } from "./counted-sink.ts";
import { createWindowSegment } from "./create-window-segment.ts";
import { FoldHead, type KeyedSpec } from "./fold-head.ts";
import { JsSegment } from "./js-segment.ts";
import { createKeySelector, KeyTarget } from "./key-operator.ts";
import type { KeyedHead } from "./keyed-head.ts";
import { OutputTarget } from "./output-target.ts";
import { ownFunctions } from "./own-functions.ts";
import { PrintTarget } from "./print-target.ts";
import { createProcessOperator } from "./process-operator.ts";
import { ProcessSegment } from "./process-segment.ts";
import { ReduceFold } from "./reduce-js.ts";
import { ReduceSegment, type ReduceSpec } from "./reduce-segment.ts";
import { RollingFold } from "./rolling-js.ts";
import { RollingSegment } from "./rolling-segment.ts";
import type { PipelineStep } from "./row-pipeline.ts";
import type { RowTarget } from "./row-target.ts";
import { SinkTarget } from "./sink-target.ts";
import { SkippingTarget } from "./skipping-target.ts";
import { ReaderSegment } from "./source-segment.ts";
import { createTwoInputSegment } from "./two-input-segment.ts";
import { UserFunction } from "./user-function.ts";
import { WatermarksSegment } from "./watermarks-segment.ts";
import { WindowCombineSegment } from "./window-combine-segment.ts";

type ProcessSpec = Extract<OperatorSpec, { readonly kind: "process" }>;

/** Rows an output takes; tests choose fewer. */
export interface SegmentOptions {
  readonly outputRows?: number;
}

/** Segments of a chain, parents first. Errors: MR_FUNCTION_INVALID. */
export function createSegments(
  context: SegmentContext,
  options: SegmentOptions = {},
): readonly ChainNode[] {
  const factory = new SegmentFactory({ ...context, functionOf: ownFunctions(context) }, options);
  const exits = (context.exits ?? []).map(({ operatorId }) => operatorId);
  return runsOf(context.operators, exits).map((run) => {
    const { input, inputOutput: output = 0 } = run[0] as OperatorSpec;
    return {
      segment: factory.create(run),
      input: input === null ? null : { operatorId: input, output },
      operatorIds: run.map(({ id }) => id),
    };
  });
}

/**
 * Splits a chain, parents first, into runs of operators that make one segment each.
 *
 * @param exits operators whose rows leave the chain
 */
export function runsOf(
  operators: readonly OperatorSpec[],
  exits: readonly string[],
): readonly (readonly OperatorSpec[])[] {
  const runs: OperatorSpec[][] = [];
  for (const operator of operators) {
    const { input } = operator;
    const run = runs.find((candidate) => candidate.at(-1)?.id === input);
    const readers = operators.filter((other) => other.input === input);
    const isOnlyReader = readers.length === 1 && input !== null && !exits.includes(input);
    if (run !== undefined && isOnlyReader && isJoined(run, operator)) run.push(operator);
    else runs.push([operator]);
  }
  return runs;
}

const ENDS_RUN: ReadonlySet<OperatorSpec["kind"]> = new Set([
  "source",
  "watermarks",
  "key",
  "async",
  "process",
  "window",
]);
const BEGINS_RUN: ReadonlySet<OperatorSpec["kind"]> = new Set([
  "watermarks",
  "reduce",
  "rolling",
  "async",
  "process",
  "window",
]);

/** Whether an operator can go on with the records of the run before it. */
function isJoined(run: readonly OperatorSpec[], operator: OperatorSpec): boolean {
  const module = moduleOf(operator);
  if (module !== null) return run.every((other) => moduleOf(other) === module);
  const isJs = run.every(
    (other) => other.engine === "js" && !ENDS_RUN.has(other.kind) && !("inputs" in other),
  );
  return isJs && operator.engine === "js" && !BEGINS_RUN.has(operator.kind);
}

function moduleOf(operator: OperatorSpec): string | null {
  return "module" in operator ? (operator.module ?? null) : null;
}

class SegmentFactory {
  readonly #context: SegmentContext;
  readonly #options: SegmentOptions;

  constructor(context: SegmentContext, options: SegmentOptions) {
    this.#context = context;
    this.#options = options;
  }

  create(run: readonly OperatorSpec[]): Segment {
    const [first, ...rest] = run;
    const context = this.#context;
    if (first === undefined) throw new TypeError("a segment needs an operator");
    if (first.kind === "source") {
      const source = context.functionOf(first.id, "source") as Source<unknown>;
      const { watermarks } = first;
      const eventTime = watermarks === undefined ? null : this.#eventTime(first, watermarks, null);
      const target = this.#output(first);
      return new ReaderSegment({ spec: first, source, target, eventTime, context });
    }
    if (first.kind === "watermarks") {
      const builder = { flags: BUILDER_WITH_TIMESTAMPS, ...this.#room };
      // As in Flink, where a record behind this operator always has a time.
      const eventTime = this.#eventTime(first, first.watermarks, LONG_MIN);
      return new WatermarksSegment({ spec: first, eventTime, builder, context });
    }
    if (first.kind === "rolling" && first.engine === "wasm") {
      return new RollingSegment(first, context, this.#room);
    }
    if (first.kind === "process") return this.#process(first);
    if ("inputs" in first) {
      const parts = { output: this.#output(first), sideOutputs: this.#sideOutputs(first), context };
      return createTwoInputSegment(first, parts);
    }
    if (first.kind === "async") return this.#async(first);
    if (first.kind === "window") return this.#window(first);
    if (first.kind === "combine") {
      const { panes } = first;
      return panes === null
        ? new CombineSegment(first, context, this.#room)
        : new WindowCombineSegment(first, panes, context, this.#room);
    }
    const module = moduleOf(first);
    if (module !== null) {
      return first.kind === "reduce" ? this.#reduce(first, module) : this.#compiled(run, module);
    }
    const isKeyed = first.kind === "rolling" || first.kind === "reduce";
    const operators = isKeyed ? rest : run;
    const steps = operators.flatMap((operator) => this.#step(operator) ?? []);
    const last = run.at(-1) as OperatorSpec;
    const target = this.#target(last);
    const head = isKeyed ? this.#head(first, rest) : null;
    return new JsSegment({ head, steps, target, context });
  }

  #eventTime(
    spec: OperatorSpec,
    watermarks: WatermarksSpec,
    missingTime: bigint | null,
  ): EventTimeParts {
    const owner = { ...this.#owner(spec), id: spec.id, moduleId: moduleOf(spec), missingTime };
    return createEventTimeParts(owner, watermarks, this.#context);
  }

  #async(spec: AsyncSpec): Segment {
    const context = this.#context;
    const role = (name: string) => context.functionOf(spec.id, name);
    return new AsyncSegment({
      spec,
      fn: this.#function(spec, "asyncInvoke"),
      onTimeout: timeoutOf(role("fn")),
      retry: retryOf(spec.retry, role),
      target: this.#output(spec),
      context,
    });
  }

  #process(spec: ProcessSpec): Segment {
    const context = this.#context;
    const { inputType: type, key, form } = spec;
    const fn = this.#function(spec, form === "process" ? "processElement" : form);
    return new ProcessSegment({
      operatorName: spec.name,
      inputs: [{ type, key }],
      output: this.#output(spec),
      sideOutputs: this.#sideOutputs(spec),
      fn: context.functionOf(spec.id, "fn"),
      context,
      create: (host) => createProcessOperator(host, fn, form),
    });
  }

  #sideOutputs(spec: OperatorSpec): ReadonlyMap<string, OutputTarget> {
    const sides = spec.sideOutputs ?? [];
    return new Map(
      sides.map(({ tag, type }, index) => [tag, this.#outputOf(spec, type, null, index + 1)]),
    );
  }

  #window(spec: WindowOperatorSpec): Segment {
    const context = this.#context;
    const { inputType: type, key } = spec;
    if (spec.engine === "wasm") return createWindowSegment(spec, context, this.#room);
    const { subtaskIndex } = context;
    const functionOf = (role: string): unknown => context.functionOf(spec.id, role);
    return new ProcessSegment({
      operatorName: spec.name,
      inputs: [{ type, key: key ?? { kind: "one" } }],
      output: this.#output(spec),
      sideOutputs: this.#sideOutputs(spec),
      fn: spec.window.call === null ? null : functionOf("window"),
      context,
      create: (host) => createWindowOperator({ spec, subtaskIndex, functionOf }, host),
    });
  }

  #reduce(spec: ReduceSpec, moduleId: string): Segment {
    const context = this.#context;
    const { inputType } = spec;
    if (inputType === null) throw new TypeError("compiled operators know their types");
    const fold = new ReduceFold(this.#function(spec, "reduce"), context.runtimeContext);
    return new ReduceSegment({ spec, inputType, moduleId, fold, context, builder: this.#room });
  }

  #compiled(run: readonly OperatorSpec[], moduleId: string): Segment {
    const context = this.#context;
    const last = run.at(-1) as OperatorSpec;
    const { outputType } = last;
    if (outputType === null) throw new TypeError("compiled operators know their types");
    const twinTarget = new SkippingTarget(this.#target(last));
    const steps = run.flatMap((operator) => this.#step(operator) ?? []);
    const twin = new JsSegment({ head: null, steps, target: twinTarget, context });
    const name = run.map((operator) => operator.name).join(" -> ");
    const builder = { flags: BUILDER_WITH_TIMESTAMPS, ...this.#room };
    const outputId = last.id;
    return new CompiledSegment({
      context,
      moduleId,
      name,
      outputId,
      outputType,
      twin,
      twinTarget,
      builder,
    });
  }

  #head(spec: KeyedSpec, followers: readonly OperatorSpec[]): KeyedHead {
    const { runtimeContext } = this.#context;
    const fold =
      spec.kind === "rolling"
        ? new RollingFold(spec)
        : new ReduceFold(this.#function(spec, "reduce"), runtimeContext);
    const isSafe = followers.every(({ kind }) => kind === "print" || kind === "collect");
    return new FoldHead(spec, fold, isSafe ? "shared" : "copied", this.#context);
  }

  /** null = not a step but a target. */
  #step(spec: OperatorSpec): PipelineStep | null {
    switch (spec.kind) {
      case "map":
      case "filter":
      case "flatMap":
        return { kind: spec.kind, fn: this.#function(spec, spec.kind) };
      default:
        return null;
    }
  }

  #target(spec: OperatorSpec): RowTarget {
    const context = this.#context;
    switch (spec.kind) {
      case "print":
        return new CountedSink(new PrintTarget(spec, context), context.metrics);
      case "collect":
        return new CountedSink(
          new BatchTarget(this.#buffer(spec), new CollectConsumer(spec.id, context)),
          context.metrics,
        );
      case "sink":
        return new CountedSink(this.#sinkTarget(spec), context.metrics);
      case "key": {
        const { selector, keyType, maxParallelism, name } = spec;
        const fn = context.functionOf(spec.id, "key");
        const keySelector = createKeySelector(selector, fn, this.#owner(spec));
        const options = { selector: keySelector, keyType, maxParallelism, operatorName: name };
        return new KeyTarget(this.#output(spec, keyType ?? { kind: "BYTES" }), options);
      }
      default:
        return this.#output(spec);
    }
  }

  #sinkTarget(spec: OperatorSpec): RowTarget {
    const context = this.#context;
    const sink = context.functionOf(spec.id, "sink") as Sink<unknown, unknown, unknown>;
    return new SinkTarget({ sink, operatorName: spec.name, context, buffer: this.#buffer(spec) });
  }

  #output(spec: OperatorSpec, keyType: DataType | null = null): OutputTarget {
    return this.#outputOf(spec, spec.outputType, keyType);
  }

  /** Records on their way into a sink that takes batches. */
  #buffer(spec: OperatorSpec): OutputTarget {
    return this.#outputOf(spec, spec.inputType, null);
  }

  #outputOf(
    spec: OperatorSpec,
    type: BatchType | null,
    keyType: DataType | null,
    output = 0,
  ): OutputTarget {
    const { memory, maxRecordBytes } = this.#context;
    const groups = keyType === null ? 0 : BUILDER_WITH_KEY_GROUPS;
    const builder = { flags: BUILDER_WITH_TIMESTAMPS | groups, ...this.#room };
    return new OutputTarget({
      operatorId: spec.id,
      operatorName: spec.name,
      output,
      type,
      keyType,
      memory,
      maxRecordBytes,
      builder,
    });
  }

  get #room(): { readonly rowCapacity?: number } {
    const { outputRows } = this.#options;
    return outputRows === undefined ? {} : { rowCapacity: outputRows };
  }

  #function(spec: OperatorSpec, method: string): UserFunction {
    return new UserFunction(this.#owner(spec), this.#context.functionOf(spec.id, "fn"), method);
  }

  #owner(spec: OperatorSpec): { readonly operatorName: string; readonly subtaskIndex: number } {
    return { operatorName: spec.name, subtaskIndex: this.#context.subtaskIndex };
  }
}
