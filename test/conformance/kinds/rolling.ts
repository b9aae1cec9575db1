/** Kind `rolling`: keyBy(..).sum / min / max / minBy / maxBy / reduce. */
import type {
  BatchType,
  OperatorSpec,
  RollingFunction,
} from "../../../dataplane/protocol/deployment.ts";
import { moduleOf } from "../compiled-function.ts";
import type { Engine } from "../kind.ts";
import type { OperatorKind } from "../operator.ts";
import { ObservedFunction, SegmentOperator, type SegmentPlan } from "../segment-operator.ts";
import { type OperatorDescription, tupleTypeOf } from "../vectors.ts";

export interface RollingDescription extends OperatorDescription {
  readonly keyBy: number | readonly number[];
  readonly function:
    | { readonly type: RollingFunction; readonly field: number; readonly first?: boolean }
    | { readonly type: "reduce"; readonly fn: string };
}

type Record = readonly [unknown, unknown, ...unknown[]];
export type Reduce = (a: Record, b: Record) => Record;

/** The named functions of the vectors: the first record with another field 1. */
export const REDUCE_FUNCTIONS: ReadonlyMap<string, Reduce> = new Map<string, Reduce>([
  ["sum1", ([key, a, ...rest], [, b]) => [key, ((a as number) + (b as number)) | 0, ...rest]],
  ["concat1", ([key, a, ...rest], [, b]) => [key, `(${a}+${b})`, ...rest]],
]);

export const ROLLING_FUNCTIONS: ReadonlySet<string> = new Set<RollingFunction>([
  "sum",
  "min",
  "max",
  "minBy",
  "maxBy",
]);

export const rolling: OperatorKind = {
  unsupported,
  create: (description, types, engine) =>
    new SegmentOperator(rollingPlan(description as RollingDescription, types, engine)),
};

function unsupported(description: OperatorDescription): string | null {
  const { function: fn } = description as RollingDescription;
  if (fn.type === "reduce") {
    return REDUCE_FUNCTIONS.has(fn.fn) ? null : `reduce function ${fn.fn}`;
  }
  return ROLLING_FUNCTIONS.has(fn.type) ? null : `rolling function ${fn.type}`;
}

const MAX_PARALLELISM = 128;

/** The only subtask of the operator. */
export function rollingPlan(
  { keyBy, function: fn }: RollingDescription,
  types: readonly string[],
  engine: Engine,
): SegmentPlan {
  const type: BatchType = { record: tupleTypeOf(types), key: null };
  const base = {
    id: "rolling",
    name: fn.type,
    input: null,
    inputType: type,
    outputType: type,
    key: { kind: "fields", fields: [keyBy].flat() },
    finalOnly: false,
  } as const;
  const subtask = { subtaskIndex: 0, parallelism: 1, maxParallelism: MAX_PARALLELISM };
  if (fn.type === "reduce") {
    // Not compiled, the function runs as JavaScript on the table that a module would use.
    const compiled = { engine: "wasm", module: "reduce", changedFields: [1] } as const;
    const chosen = engine === "js" ? ({ engine: "js" } as const) : compiled;
    const spec: OperatorSpec = { ...base, kind: "reduce", ...chosen };
    const reduce = REDUCE_FUNCTIONS.get(fn.fn);
    if (reduce === undefined) throw new TypeError(`There is no function ${fn.fn}.`);
    const role = { name: "reduce", fn: reduce, role: "reduce" } as const;
    const types = { inputType: type.record, outputType: type.record };
    const loadModule = engine === "js" ? null : moduleOf({ ...role, ...types });
    return { ...subtask, spec, fn: new ObservedFunction(reduce), loadModule };
  }
  const spec: OperatorSpec = {
    ...base,
    kind: "rolling",
    engine: engine === "js" ? "js" : "wasm",
    function: fn.type,
    field: fn.field,
    first: fn.first ?? true,
  };
  return { ...subtask, spec };
}
