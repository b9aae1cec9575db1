/** Kinds `connect`, `broadcast` and `intervalJoin`. */
import type {
  BatchType,
  OperatorSpec,
  TwoInputPart,
} from "../../../dataplane/protocol/deployment.ts";
import type { SegmentPlan } from "../segment-operator.ts";
import type { TwoInputKind } from "../two-inputs.ts";
import { type OperatorDescription, tupleTypeOf, type VectorCase } from "../vectors.ts";
import { BROADCAST_FUNCTIONS, RULES } from "./broadcast-functions.ts";
import { CO_FUNCTIONS } from "./co-functions.ts";
import { IntervalPairs } from "./interval-pairs.ts";

interface FunctionDescription extends OperatorDescription {
  readonly function: string;
  readonly keyBy?: number | readonly number[];
}

interface IntervalJoinDescription extends OperatorDescription {
  readonly keyBy: number | readonly number[];
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive?: boolean;
  readonly upperInclusive?: boolean;
  readonly leftLateOutputTag?: string;
  readonly rightLateOutputTag?: string;
}

export const connect: TwoInputKind = {
  unsupported: (description) => {
    const { function: name } = description as FunctionDescription;
    return CO_FUNCTIONS.has(name) ? null : `function ${name} of two inputs`;
  },
  plan: (vector) => {
    const { function: name, keyBy } = vector.operator as FunctionDescription;
    const named = CO_FUNCTIONS.get(name);
    if (named === undefined) throw new TypeError(`There is no function ${name}.`);
    const inputs = [inputOf(vector.types1, keyBy), inputOf(vector.types2, keyBy)] as const;
    const spec: OperatorSpec = {
      ...baseOf(vector, inputs),
      kind: "connect",
      function: named.kind,
      inputs,
    };
    return planOf(spec, () => named.create(vector));
  },
};

export const broadcast: TwoInputKind = {
  unsupported: (description) => {
    const { function: name } = description as FunctionDescription;
    return BROADCAST_FUNCTIONS.has(name) ? null : `broadcast function ${name}`;
  },
  plan: (vector) => {
    const { function: name, keyBy } = vector.operator as FunctionDescription;
    const create = BROADCAST_FUNCTIONS.get(name);
    if (create === undefined) throw new TypeError(`There is no function ${name}.`);
    const inputs = [inputOf(vector.types1, keyBy), inputOf(vector.types2, undefined)] as const;
    const states = [RULES.name];
    const spec: OperatorSpec = { ...baseOf(vector, inputs), kind: "broadcast", states, inputs };
    return planOf(spec, create);
  },
};

export const intervalJoin: TwoInputKind = {
  unsupported: () => null,
  plan: (vector) => {
    const description = vector.operator as IntervalJoinDescription;
    const { keyBy, lower, upper, lowerInclusive = true, upperInclusive = true } = description;
    const { leftLateOutputTag = null, rightLateOutputTag = null } = description;
    const inputs = [inputOf(vector.types1, keyBy), inputOf(vector.types2, keyBy)] as const;
    const sides = [
      { tag: leftLateOutputTag, type: inputs[0].type },
      { tag: rightLateOutputTag, type: inputs[1].type },
    ];
    const spec: OperatorSpec = {
      ...baseOf(vector, inputs),
      kind: "intervalJoin",
      inputs,
      lowerMs: lower + (lowerInclusive ? 0 : 1),
      upperMs: upper - (upperInclusive ? 0 : 1),
      leftLateTag: leftLateOutputTag,
      rightLateTag: rightLateOutputTag,
      sideOutputs: sides.flatMap(({ tag, type }) => (tag === null ? [] : [{ tag, type }])),
    };
    return planOf(spec, () => new IntervalPairs());
  },
};

export function baseOf(vector: VectorCase, [first]: readonly [TwoInputPart, TwoInputPart]) {
  return {
    id: "two-inputs",
    name: vector.operator.kind,
    engine: "js",
    input: null,
    inputType: first.type,
    outputType: batchType(vector.outputTypes),
  } as const;
}

/** The only subtask of the operator. */
function planOf(spec: OperatorSpec, createFunction: () => object): SegmentPlan {
  return { spec, createFunction, subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
}

export function inputOf(
  types: readonly string[] | undefined,
  keyBy: number | readonly number[] | undefined,
): TwoInputPart {
  const key = keyBy === undefined ? null : ({ kind: "fields", fields: [keyBy].flat() } as const);
  return { type: batchType(types), key };
}

function batchType(types: readonly string[] = []): BatchType {
  return { record: tupleTypeOf(types), key: null };
}
