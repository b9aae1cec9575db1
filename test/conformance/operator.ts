/** One operator (or a row of them) driven event by event, and the cases that are made of such. */
import { compareSequence, type Difference, isEqual, show } from "./comparison.ts";
import type { Engine, Kind } from "./kind.ts";
import {
  type AnswerEvent,
  decodeBigInt,
  decodeValue,
  encodeValue,
  type InputEvent,
  type OperatorDescription,
  type OutputContent,
  type OutputElement,
  type VectorCase,
} from "./vectors.ts";

export const LONG_MAX = 9223372036854775807n;

/** What flows between operators. `value` is what JavaScript functions see. */
export type StreamElement =
  | { readonly kind: "record"; readonly value: unknown; readonly timestamp: bigint | null }
  | { readonly kind: "watermark"; readonly timestamp: bigint }
  | { readonly kind: "status"; readonly status: "IDLE" | "ACTIVE" };

/** A record that went to a side output. */
export interface SideElement {
  readonly tag: string;
  readonly element: StreamElement;
}

export interface Operator {
  /**
   * Of each operator that this is made of, for all that it and those it was restored from have run so far:
   * js where a function was called in JavaScript.
   */
  readonly engines: readonly ("wasm" | "js")[];
  open(): Promise<void>;
  /**
   * Answers what came out, in order.
   *
   * @param which input of two it comes by, 0 or 1; absent = each in turn, or the only one there is
   */
  process(element: StreamElement, which?: number): Promise<StreamElement[]>;
  /** No more input comes; the last watermark has been processed. */
  finish(): Promise<StreamElement[]>;
  /** The clock reaches `ms`. */
  advanceClock(ms: bigint): Promise<StreamElement[]>;
  /** Async I/O: a request has its answer. */
  answer?(event: AnswerEvent): Promise<StreamElement[]>;
  /** What went to side outputs since this was asked last, in order. */
  takeSideOutputs?(): readonly SideElement[];
  /** A new operator that goes on from a snapshot of this one, which is closed. */
  snapshotAndRestore(): Promise<Operator>;
  close(): Promise<void>;
}

/** A kind of operator with one input. */
export interface OperatorKind {
  /** null = can be built; else what is missing. */
  unsupported(description: OperatorDescription): string | null;
  create(description: OperatorDescription, types: readonly string[], engine: Engine): Operator;
}

/** Cases of one operator. */
export function operatorCase(kind: OperatorKind): Kind {
  return {
    unsupported: ({ operator }) => kind.unsupported(operator),
    run: async (vector, engine, ran) => {
      const operator = kind.create(vector.operator, vector.types ?? [], engine);
      const difference = await runCase(operator, vector);
      for (const used of operator.engines) ran(used);
      return difference;
    },
  };
}

export async function runCase(operator: Operator, vector: VectorCase): Promise<Difference> {
  const output: OutputElement[] = [];
  const sides = new Map<string, OutputElement[]>();
  let failure: { readonly error: unknown; readonly at: number } | null = null;
  let current = operator;
  await current.open();
  try {
    for (const [at, event] of (vector.input ?? []).entries()) {
      try {
        const step = await feed(current, event, vector);
        current = step.operator;
        output.push(...step.elements.map((element) => ({ ...encodeElement(element), at })));
        for (const { tag, element } of current.takeSideOutputs?.() ?? []) {
          const side = { ...encodeElement(element), at };
          sides.set(tag, [...(sides.get(tag) ?? []), side]);
        }
      } catch (error) {
        failure = { error, at };
        break;
      }
    }
  } finally {
    await current.close();
  }
  return (
    compareFailure(failure, vector) ??
    compareSequence(output, vector.output ?? []) ??
    compareSides(sides, vector.sideOutputs ?? {})
  );
}

function compareSides(
  actual: ReadonlyMap<string, readonly OutputElement[]>,
  expected: NonNullable<VectorCase["sideOutputs"]>,
): Difference {
  for (const tag of new Set([...actual.keys(), ...Object.keys(expected)])) {
    const difference = compareSequence(actual.get(tag) ?? [], expected[tag] ?? []);
    if (difference !== null) return `side output ${tag}: ${difference}`;
  }
  return null;
}

async function feed(
  operator: Operator,
  event: InputEvent,
  { types = [], types1 = types, types2 = types }: VectorCase,
): Promise<{ operator: Operator; elements: StreamElement[] }> {
  if ("snapshotAndRestore" in event) {
    return { operator: await operator.snapshotAndRestore(), elements: [] };
  }
  if ("endOfInput" in event) {
    const fired = await operator.process({ kind: "watermark", timestamp: LONG_MAX });
    return { operator, elements: [...fired, ...(await operator.finish())] };
  }
  if ("processingTime" in event) {
    return { operator, elements: await operator.advanceClock(BigInt(event.processingTime)) };
  }
  if ("complete" in event || "fail" in event) {
    if (operator.answer === undefined) throw new TypeError("The operator makes no requests.");
    return { operator, elements: await operator.answer(event) };
  }
  const which = "input" in event && event.input !== undefined ? event.input - 1 : undefined;
  const element = decodeElement(event, which === 1 ? types2 : types1);
  return { operator, elements: await operator.process(element, which) };
}

/** A record of one field is a tuple of one field here; kinds that take bare values unwrap it. */
export function decodeElement(event: InputEvent, types: readonly string[]): StreamElement {
  if ("record" in event) {
    const value = event.record.map((field, index) => decodeValue(field, types[index] ?? ""));
    const timestamp = event.ts === undefined ? null : decodeBigInt(event.ts);
    return { kind: "record", value, timestamp };
  }
  if ("watermark" in event) {
    return { kind: "watermark", timestamp: decodeBigInt(event.watermark) };
  }
  if ("status" in event) return { kind: "status", status: event.status };
  throw new TypeError(`Event ${show(event)} is not an element of a stream.`);
}

export function encodeElement(element: StreamElement): OutputContent {
  if (element.kind === "status") return { status: element.status };
  if (element.kind === "watermark") return { watermark: encodeLong(element.timestamp) };
  const value = encodeValue(element.value);
  const record = Array.isArray(value) ? value : [value];
  return element.timestamp === null ? { record } : { record, ts: encodeLong(element.timestamp) };
}

function encodeLong(value: bigint): number | string {
  return encodeValue(value) as number | string;
}

/** The text before ": " of an expected message is a Java class; ours must hold the rest of it. */
function compareFailure(
  failure: { readonly error: unknown; readonly at: number } | null,
  { error: expected }: VectorCase,
): Difference {
  if (failure === null)
    return expected === undefined ? null : `expected the error ${show(expected)}`;
  if (expected === undefined) throw failure.error;
  const message = failure.error instanceof Error ? failure.error.message : String(failure.error);
  const wanted = expected.message.replace(/^\w+: /, "");
  if (isEqual(failure.at, expected.at) && message.includes(wanted)) return null;
  return `expected the error ${show(expected)}, got at ${failure.at}: ${message}`;
}
