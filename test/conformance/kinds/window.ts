/** Kinds `window` and `windowAll`. */
import { WindowDefinition, type WindowUse } from "../../../control/api/window-definition.ts";
import {
  CountEvictor,
  CountTrigger,
  GlobalWindows,
  OutputTag,
  PurgingTrigger,
} from "../../../control/index.ts";
import { windowsInJavaScript } from "../../../control/plan/window-engine.ts";
import type { OperatorSpec, RollingFunction } from "../../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../../dataplane/protocol/types.ts";
import type { WindowSpec } from "../../../dataplane/protocol/window-spec.ts";
import { AGGREGATE_MODULE, aggregateOf, moduleOf } from "../compiled-function.ts";
import type { Engine } from "../kind.ts";
import type { OperatorKind } from "../operator.ts";
import { ObservedFunction, SegmentOperator, type SegmentPlan } from "../segment-operator.ts";
import { type OperatorDescription, tupleTypeOf } from "../vectors.ts";
import { REDUCE_FUNCTIONS, type Reduce, ROLLING_FUNCTIONS } from "./rolling.ts";
import {
  functionObject,
  sideTypes,
  statsOf,
  statsType,
  WINDOW_FUNCTIONS,
} from "./window-functions.ts";
import {
  createAssigner,
  createEvictor,
  createTrigger,
  type PartDescription,
  unknownPart,
} from "./window-parts.ts";

interface FunctionDescription {
  readonly type: string;
  readonly field?: number;
  readonly first?: boolean;
  readonly fn?: string;
  readonly then?: string;
}

export interface WindowDescription extends WindowsDescription {
  /** Absent in windowAll. */
  readonly keyBy?: number | readonly number[];
  readonly function: FunctionDescription;
}

export interface WindowsDescription extends OperatorDescription {
  readonly assigner: PartDescription;
  readonly trigger?: PartDescription;
  readonly evictor?: PartDescription;
  readonly allowedLateness?: number;
  readonly lateOutputTag?: string;
}

export const window: OperatorKind = {
  unsupported: (description) => unsupported(description as WindowDescription),
  create: (description, types, engine) =>
    new SegmentOperator(windowPlan(description as WindowDescription, types, engine)),
};

/** How a function is put together: `reduceProcess` is reduce, then process. */
interface Form {
  readonly fold: string;
  readonly call: "process" | "apply" | null;
  /** Name of what is called. */
  readonly name: string;
}

function formOf({ type, fn = "", then = "" }: FunctionDescription): Form {
  const [, fold, call] = /^(reduce|aggregate)(Process|Apply)$/.exec(type) ?? [];
  if (fold !== undefined) return { fold, call: call === "Apply" ? "apply" : "process", name: then };
  if (type === "process" || type === "apply") return { fold: "elements", call: type, name: fn };
  return { fold: type, call: null, name: "" };
}

function unsupported({
  assigner,
  trigger,
  evictor,
  function: fn,
}: WindowDescription): string | null {
  const part = unknownPart(assigner, trigger, evictor);
  if (part !== null) return part;
  const { fold, call, name } = formOf(fn);
  if (call !== null && !WINDOW_FUNCTIONS.has(name)) return `window function ${name}`;
  if (fold === "reduce") return REDUCE_FUNCTIONS.has(fn.fn ?? "") ? null : `reduce ${fn.fn}`;
  if (fold === "aggregate") return fn.fn === "stats1" ? null : `aggregate ${fn.fn}`;
  return fold === "elements" || ROLLING_FUNCTIONS.has(fold) ? null : `window function ${fold}`;
}

/** The only subtask of the operator. */
export function windowPlan(
  description: WindowDescription,
  types: readonly string[],
  engine: Engine,
): SegmentPlan {
  const { keyBy, lateOutputTag, function: fn } = description;
  const input = tupleTypeOf(types);
  const isKeyed = keyBy !== undefined;
  const fields = [keyBy ?? []].flat();
  const keyTypes = isKeyed ? [keyTypeOf(input, fields)] : [];
  const { use, outputType } = useOf(fn, input, keyTypes, isKeyed);
  const node = definitionOf(description).nodeKind(use, isKeyed);
  if (node.kind !== "window") throw new TypeError("This is no window.");
  const sides = new Map(sideTypes(input));
  if (lateOutputTag !== undefined) sides.set(lateOutputTag, input);
  const mayBeInWasm = engine !== "js" && isKeyed && windowsInJavaScript(node.window) === null;
  const isAggregate = node.window.fold.kind === "aggregate";
  const aggregate =
    mayBeInWasm && isAggregate ? aggregateOf(node.functions.fn, input, outputType) : null;
  const isInWasm = mayBeInWasm && (!isAggregate || aggregate !== null);
  const reduce = isInWasm ? reduceOf(node.window, fn) : undefined;
  const spec: OperatorSpec = {
    id: "window",
    name: node.assignerName,
    kind: "window",
    engine: isInWasm ? "wasm" : "js",
    input: null,
    inputType: { record: input, key: null },
    outputType: { record: outputType, key: null },
    sideOutputs: [...sides].map(([tag, record]) => ({ tag, type: { record, key: null } })),
    key: isKeyed ? { kind: "fields", fields } : null,
    window: node.window,
    // Not compiled, the function runs as JavaScript on the table that a module would use.
    module: reduce === undefined ? aggregate && AGGREGATE_MODULE : "reduce",
    accumulatorType: aggregate?.accumulatorType ?? null,
    changedFields: [1],
  };
  const functions = new Map(Object.entries(node.functions));
  const subtask = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
  if (reduce !== undefined) {
    const types = { inputType: input, outputType: input };
    const loadModule = moduleOf({ name: "reduce", fn: reduce, role: "reduce", ...types });
    return { spec, functions, fn: new ObservedFunction(reduce), loadModule, ...subtask };
  }
  const folding = functions.get("fn") as object | undefined;
  const createFunction = folding === undefined ? {} : { createFunction: () => folding };
  const compiled = aggregate === null ? {} : { loadModules: aggregate.loadModules };
  return { spec, functions, ...createFunction, ...compiled, ...subtask };
}

function reduceOf({ fold }: WindowSpec, { fn = "" }: FunctionDescription): Reduce | undefined {
  return fold.kind === "reduce" ? REDUCE_FUNCTIONS.get(fn) : undefined;
}

export function definitionOf(description: WindowsDescription): WindowDefinition {
  const { assigner, trigger, evictor, allowedLateness, lateOutputTag } = description;
  const definition =
    assigner.type === "countWindow"
      ? countWindow(assigner)
      : new WindowDefinition(createAssigner(assigner), "window()");
  if (trigger !== undefined) definition.setTrigger(createTrigger(trigger));
  if (evictor !== undefined) definition.setEvictor(createEvictor(evictor));
  if (allowedLateness !== undefined) definition.setAllowedLateness(allowedLateness);
  if (lateOutputTag !== undefined) definition.setLateTag(new OutputTag(lateOutputTag));
  return definition;
}

function countWindow({ size = 0, slide }: PartDescription): WindowDefinition {
  const definition = new WindowDefinition(GlobalWindows.create(), "countWindow()");
  if (slide === undefined) {
    definition.setTrigger(PurgingTrigger.of(CountTrigger.of(size)));
  } else {
    definition.setEvictor(CountEvictor.of(size));
    definition.setTrigger(CountTrigger.of(slide));
  }
  return definition;
}

function useOf(
  fn: FunctionDescription,
  input: DataType,
  keyTypes: readonly DataType[],
  isKeyed: boolean,
): { readonly use: WindowUse; readonly outputType: DataType } {
  const { fold, call, name } = formOf(fn);
  const folded = foldOf(fold, fn, fieldAt(input, 1));
  const resultType = fold === "aggregate" ? statsType(fieldAt(input, 0)) : input;
  if (call === null) return { use: folded, outputType: resultType };
  const named = WINDOW_FUNCTIONS.get(name);
  if (named === undefined) throw new TypeError(`There is no function ${name}.`);
  const object = functionObject(named, isKeyed, resultType);
  const window = { kind: call, fn: object };
  return { use: { ...folded, window }, outputType: named.outputType(keyTypes, resultType) };
}

function foldOf(
  fold: string,
  { field = 0, first = true, fn }: FunctionDescription,
  value: DataType,
): WindowUse {
  switch (fold) {
    case "elements":
      return { fold: { kind: "elements" } };
    case "reduce":
      return { fold: { kind: "reduce" }, fn: REDUCE_FUNCTIONS.get(fn ?? "") };
    case "aggregate":
      return { fold: { kind: "aggregate" }, fn: statsOf(value) };
    default:
      return { fold: { kind: fold as RollingFunction, field, first } };
  }
}

function keyTypeOf(input: DataType, fields: readonly number[]): DataType {
  const types = fields.map((field) => fieldAt(input, field));
  const [only] = types;
  return types.length === 1 && only !== undefined ? only : { kind: "TUPLE", fields: types };
}

function fieldAt(type: DataType, index: number): DataType {
  const field = type.kind === "TUPLE" ? type.fields[index] : undefined;
  if (field === undefined) throw new TypeError(`There is no field ${index}.`);
  return field;
}
