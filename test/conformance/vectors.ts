/** The format of conformance vectors: cases recorded from Apache Flink, one JSON array per file (a topic). */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { DataType, ScalarKind } from "../../dataplane/protocol/types.ts";

/** A field of a record, an argument or a result. Numbers JSON cannot carry are strings. */
export type VectorValue = string | number | boolean | null | readonly VectorValue[];
export type VectorRow = readonly VectorValue[];

export type InputEvent =
  | { readonly record: VectorRow; readonly ts?: number | string; readonly input?: number }
  | { readonly watermark: number | string; readonly input?: number }
  | { readonly status: "IDLE" | "ACTIVE"; readonly input?: number }
  | { readonly processingTime: number }
  | { readonly snapshotAndRestore: true }
  | { readonly endOfInput: true }
  | AnswerEvent
  | { readonly rescale: number };

/** The oldest open request of an id has its answer. */
export type AnswerEvent =
  | { readonly complete: VectorValue; readonly results: readonly VectorValue[] }
  | { readonly fail: VectorValue };

/** What came out, and during which input event. `subtask` in cases of kind rescale. */
export type OutputElement = OutputContent & { readonly at: number; readonly subtask?: number };
export type OutputContent =
  | { readonly record: VectorRow; readonly ts?: number | string }
  | { readonly watermark: number | string }
  | { readonly status: "IDLE" | "ACTIVE" };

/** Sequences that may come in any order and interleave; inside one the order is fixed. */
export interface UnorderedGroup<T> {
  readonly unordered: readonly (readonly T[])[];
}
export type Expected<T> = readonly (T | UnorderedGroup<T>)[];

/** Each kind has parameters of its own; its file in kinds/ knows them. */
export interface OperatorDescription {
  readonly kind: string;
}

export interface Call {
  readonly args: readonly VectorValue[];
  readonly result: VectorValue;
}

export interface VectorCase {
  readonly name: string;
  readonly about: string;
  readonly quirk?: string;
  readonly operator: OperatorDescription;
  readonly types?: readonly string[];
  /** With two inputs, in the place of `types`. */
  readonly types1?: readonly string[];
  readonly types2?: readonly string[];
  readonly outputTypes?: readonly string[];
  readonly input?: readonly InputEvent[];
  readonly output?: Expected<OutputElement>;
  readonly sideOutputs?: Readonly<Record<string, Expected<OutputElement>>>;
  readonly error?: { readonly message: string; readonly at: number };
  readonly calls?: readonly Call[];
  readonly lines?: Expected<string>;
}

export interface Topic {
  /** File name without its extension. */
  readonly name: string;
  readonly cases: readonly VectorCase[];
}

/** Reads every *.json of a directory, or of its folder `operators` when it holds none itself. */
export function readTopics(directory: string): Topic[] {
  const files = jsonFiles(directory);
  if (files.length > 0) return files.map(readTopic);
  const nested = readdirSync(directory).includes("operators");
  const nestedFiles = nested ? jsonFiles(join(directory, "operators")) : [];
  if (nestedFiles.length === 0) throw new Error(`There are no vectors (*.json) in ${directory}.`);
  return nestedFiles.map(readTopic);
}

function jsonFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => join(directory, file));
}

function readTopic(path: string): Topic {
  const cases: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(cases) || !cases.every(isCase)) {
    throw new Error(`${path} is not an array of cases with a name and an operator of some kind.`);
  }
  return { name: basename(path, ".json"), cases };
}

function isCase(value: unknown): value is VectorCase {
  if (typeof value !== "object" || value === null) return false;
  const { name, operator } = value as Partial<VectorCase>;
  return typeof name === "string" && typeof operator?.kind === "string";
}

const SCALARS: ReadonlySet<string> = new Set<ScalarKind>([
  "STRING",
  "INT",
  "LONG",
  "DOUBLE",
  "BOOLEAN",
]);

export function tupleTypeOf(types: readonly string[]): DataType {
  return { kind: "TUPLE", fields: types.map(scalarTypeOf) };
}

function scalarTypeOf(kind: string): DataType {
  if (!SCALARS.has(kind)) throw new Error(`There is no field type ${kind} in vectors.`);
  return { kind: kind as ScalarKind };
}

/** From the vector's form of a field to the JavaScript value a record holds. */
export function decodeValue(value: VectorValue, type: string): unknown {
  if (typeof value !== "string" || type === "STRING") return value;
  return type === "LONG" ? decodeLong(value) : Number(value);
}

/** A 64-bit integer: exact as bigint. */
export function decodeBigInt(value: number | string): bigint {
  return BigInt(value);
}

function decodeLong(text: string): number | bigint {
  const value = BigInt(text);
  return isSafe(value) ? Number(value) : value;
}

/** From a JavaScript value to the vector's form, in which values are compared. */
export function encodeValue(value: unknown): VectorValue {
  if (typeof value === "bigint") return isSafe(value) ? Number(value) : String(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(encodeValue);
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  throw new TypeError(`A ${typeof value} has no form in vectors.`);
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}
