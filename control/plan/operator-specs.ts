/** Turns resolved nodes into the operators of the JobGraph. */
import {
  type AsyncRetryStrategy,
  BackoffRetryStrategy,
} from "../../dataplane/protocol/async-retry.ts";
import type {
  AsyncRetrySpec,
  BatchType,
  KeySpec,
  TwoInputPart,
} from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { formatType, isComparable, isNumeric } from "../common/data-types.ts";
import { fieldOf } from "./field-of.ts";
import type { JobOperator } from "./job-graph.ts";
import type { KeyOperator } from "./key-plan.ts";
import { describeNode } from "./operator-names.ts";
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamNode } from "./stream-graph.ts";
import { watermarkFunctions, watermarksSpec } from "./watermark-plan.ts";

export interface OperatorPlace {
  /** Operator of the chain it reads from; null for the head. */
  readonly input: string | null;
  /** Which output of that operator; 0 = the main one. */
  readonly inputOutput: number;
  readonly inputType: BatchType | null;
  /** Of its keyed input; null = not keyed. */
  readonly key: KeySpec | null;
  /** Of operators that have two. */
  readonly inputs: readonly [TwoInputPart, TwoInputPart];
  readonly finalOnly: boolean;
  /** ms between periodic watermarks; null = none but the last, in BATCH mode. */
  readonly watermarkIntervalMs: number | null;
  /** Which module it is compiled into; null = none. */
  readonly module: string | null;
}

/** Throws MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC. */
export function operatorOf(resolved: ResolvedNode, place: OperatorPlace): JobOperator {
  const { node, id, name, engine, reason } = resolved;
  const base = {
    id,
    name,
    input: place.input,
    ...inputOutput(place.inputOutput),
    ...sideOutputsOf(resolved),
    inputType: place.inputType,
    outputType: batchType(resolved.outputType),
    engine,
    reason,
    description: describeNode(node),
    uid: node.uid,
  };
  switch (node.kind) {
    case "source": {
      const { watermarks } = node;
      const compiled = { module: place.module, program: resolved.program };
      if (watermarks === null) return { ...base, kind: "source", ...compiled };
      const spec = watermarksSpec(watermarks, place.watermarkIntervalMs);
      return { ...base, kind: "source", watermarks: spec, ...compiled };
    }
    case "watermarks": {
      const watermarks = watermarksSpec(node.watermarks, place.watermarkIntervalMs);
      const { program } = resolved;
      return { ...base, kind: "watermarks", watermarks, module: place.module, program };
    }
    case "map":
    case "flatMap":
    case "filter": {
      const { program } = resolved;
      return { ...base, kind: node.kind, module: place.module, program };
    }
    case "rolling": {
      checkField(node, resolved);
      const { field, first } = node;
      const { key, finalOnly } = keyedPlace(place, name);
      return { ...base, kind: "rolling", function: node.function, field, first, key, finalOnly };
    }
    case "reduce": {
      const { program, changedFields } = resolved;
      const { module } = place;
      const keyed = keyedPlace(place, name);
      return { ...base, kind: "reduce", ...keyed, module, program, changedFields };
    }
    case "connect":
    case "broadcast":
    case "intervalJoin":
    case "windowJoin":
      return { ...base, ...twoInputsOf(node, place) };
    case "async": {
      const { ordered, timeoutMs, capacity } = node;
      return { ...base, kind: "async", ordered, timeoutMs, capacity, retry: retrySpec(node.retry) };
    }
    case "process":
      return { ...base, kind: "process", form: node.form, key: place.key };
    case "window": {
      const { program, changedFields, accumulatorType } = resolved;
      const { module } = place;
      const key = node.isKeyed ? place.key : null;
      const compiled = { module, program, changedFields, accumulatorType };
      return { ...base, kind: "window", key, window: node.window, ...compiled };
    }
    case "print":
      return {
        ...base,
        outputType: null,
        kind: "print",
        identifier: node.identifier,
        toStderr: node.toStderr,
      };
    case "collect":
    case "sink":
      return { ...base, outputType: null, kind: node.kind };
  }
}

/** The operator that makes the key column. */
export function keyOperatorOf(operator: KeyOperator, module: string | null): JobOperator {
  return {
    id: operator.id,
    name: operator.name,
    input: operator.producer.id,
    ...inputOutput(operator.output),
    inputType: batchType(operator.recordType),
    outputType: keyedType(operator),
    engine: operator.program === null ? "js" : "wasm",
    reason: operator.reason,
    description: operator.name,
    uid: null,
    kind: "key",
    selector: operator.key.selector,
    keyType: operator.keyType,
    module,
    program: operator.program,
    maxParallelism: operator.maxParallelism,
  };
}

/** Rows behind a key operator. A key of no declared type travels canonically encoded. */
export function keyedType({ recordType, keyType }: KeyOperator): BatchType | null {
  if (recordType === null) return null;
  return { record: recordType, key: keyType ?? { kind: "BYTES" } };
}

export function batchType(record: DataType | null): BatchType | null {
  return record === null ? null : { record, key: null };
}

/** As an operator has it: absent = the main output. */
export function inputOutput(output: number): { readonly inputOutput?: number } {
  return output === 0 ? {} : { inputOutput: output };
}

function sideOutputsOf({ sideOutputs }: ResolvedNode): Pick<JobOperator, "sideOutputs"> {
  if (sideOutputs.length === 0) return {};
  return { sideOutputs: sideOutputs.map(({ id, type }) => ({ tag: id, type: batchType(type) })) };
}

/** Role of each function, source or sink of a node. */
export function functionsOf({ id, node }: ResolvedNode): readonly (readonly [string, unknown])[] {
  switch (node.kind) {
    case "source":
      return [[`${id}/source`, node.source], ...watermarkFunctions(id, node.watermarks)];
    case "watermarks":
      return watermarkFunctions(id, node.watermarks);
    case "map":
    case "flatMap":
    case "filter":
    case "reduce":
    case "connect":
    case "broadcast":
    case "intervalJoin":
    case "process":
      return [[`${id}/fn`, node.fn]];
    case "async":
      return [[`${id}/fn`, node.fn], ...retryFunctions(id, node.retry)];
    case "window":
    case "windowJoin":
      return Object.entries(node.functions).map(([role, fn]) => [`${id}/${role}`, fn] as const);
    case "sink":
      return [[`${id}/sink`, node.sink]];
    default:
      return [];
  }
}

function retrySpec(retry: AsyncRetryStrategy<unknown> | null): AsyncRetrySpec | null {
  if (retry === null) return null;
  if (!(retry instanceof BackoffRetryStrategy)) return { kind: "custom" };
  return { kind: "backoff", ...retry.backoff };
}

function retryFunctions(
  id: string,
  retry: AsyncRetryStrategy<unknown> | null,
): readonly (readonly [string, unknown])[] {
  if (retry === null) return [];
  if (!(retry instanceof BackoffRetryStrategy)) return [[`${id}/retry`, retry]];
  const { resultPredicate, exceptionPredicate } = retry.getRetryPredicate();
  return [
    [`${id}/retry-result`, resultPredicate],
    [`${id}/retry-exception`, exceptionPredicate],
  ];
}

function keyedPlace(
  { key, finalOnly }: OperatorPlace,
  name: string,
): { key: KeySpec; finalOnly: boolean } {
  if (key === null) throw new TypeError(`${name} has no keyed input.`);
  return { key, finalOnly };
}

type TwoInputNode = Extract<
  StreamNode,
  { readonly kind: "connect" | "broadcast" | "intervalJoin" | "windowJoin" }
>;

/** What there is to say of an operator with two inputs. */
function twoInputsOf(node: TwoInputNode, place: OperatorPlace) {
  const inputs = inputsOf(node, place);
  switch (node.kind) {
    case "connect":
      return { kind: node.kind, function: node.function, inputs } as const;
    case "broadcast":
      return { kind: node.kind, states: node.states, inputs } as const;
    case "intervalJoin": {
      const { kind, lowerMs, upperMs, leftLateTag, rightLateTag } = node;
      return { kind, lowerMs, upperMs, leftLateTag, rightLateTag, inputs } as const;
    }
    case "windowJoin":
      return { kind: node.kind, form: node.form, window: node.window, inputs } as const;
  }
}

/** Streams that are dealt out by key need not be keyed for the operator. */
function inputsOf(
  { isKeyed }: { readonly isKeyed: boolean },
  { inputs }: OperatorPlace,
): readonly [TwoInputPart, TwoInputPart] {
  const [first, second] = inputs;
  return isKeyed
    ? inputs
    : [
        { ...first, key: null },
        { ...second, key: null },
      ];
}

function checkField(
  node: Extract<StreamNode, { kind: "rolling" }>,
  { inputType, name }: ResolvedNode,
): void {
  if (inputType === null) return;
  const { type } = fieldOf(inputType, node.field, name);
  const fits = node.function === "sum" ? isNumeric(type) : isComparable(type);
  if (fits || type.kind === "GENERIC") return;
  const details = {
    operator: name,
    field: node.field,
    actual: formatType(type),
    operation: node.function,
  };
  throw new EngineError("MR_FIELD_NOT_NUMERIC", details);
}
