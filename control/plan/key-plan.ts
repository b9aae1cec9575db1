/**
 * Where the key of each hash edge comes from. Fields of known scalar types, also those that a function
 * does nothing but select, are hashed straight from their columns. For anything else a `key` operator at
 * the end of the producer's chain evaluates the selector, compiled or in JavaScript, once per record, and
 * adds the key column.
 *
 * A consumer's inputs under one keyBy() are keyed in one way: if one of them (of a union) needs the key
 * column, all get it. Where both inputs of an operator are keyed, equal keys must meet: both are columns of one type,
 * or both get key columns that are encoded canonically.
 */
import type { KeySpec } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { canBeKey, formatType, isNumeric, isSameType, isScalarKey } from "../common/data-types.ts";
import { ASKED_FOR, TYPE_UNKNOWN } from "./engine-choice.ts";
import { fieldOf } from "./field-of.ts";
import type { FunctionAnalyzer } from "./function-analysis.ts";
import { keyOperatorId } from "./operator-ids.ts";
import { describeSelector } from "./operator-names.ts";
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamEdge } from "./stream-edges.ts";
import type { KeyDefinition } from "./stream-graph.ts";

export interface KeyOperator {
  readonly id: string;
  readonly name: string;
  readonly producer: ResolvedNode;
  /** Which output of the producer it reads; 0 = the main one. */
  readonly output: number;
  /** Records it reads; null = found out at run time. */
  readonly recordType: DataType | null;
  readonly key: KeyDefinition;
  /** Of the key column; null = canonically encoded. */
  readonly keyType: DataType | null;
  readonly maxParallelism: number;
  /** What it does as IR; null = JavaScript. */
  readonly program: object | null;
  /** Why it is JavaScript. */
  readonly reason: string | null;
}

export interface EdgeKey {
  readonly spec: KeySpec;
  /** null where the spec names fields. */
  readonly operator: KeyOperator | null;
}

export class KeyPlan {
  readonly #edges = new Map<StreamEdge, EdgeKey>();
  readonly #operators = new Map<ResolvedNode, KeyOperator[]>();
  /** Behind each producer: its keys, apart for each number of key groups. */
  readonly #numbers = new Map<ResolvedNode, NumberedKey[]>();
  readonly #analyze: FunctionAnalyzer;
  /** Keys that someone wants to have in JavaScript: all readers of a keyed stream share its operator. */
  readonly #inJavaScript: ReadonlySet<KeyDefinition>;

  /** Throws MR_FIELD_UNKNOWN, MR_KEY_TYPE. */
  constructor(edges: readonly StreamEdge[], analyze: FunctionAnalyzer) {
    this.#analyze = analyze;
    const groups = hashEdgesByConsumer(edges);
    const asked = groups.filter(({ target }) => target.engineMode === "js");
    this.#inJavaScript = new Set(asked.map(({ key }) => key));
    for (const group of groups) {
      for (const edge of group.edges) this.#numberOf(edge, group.key);
    }
    for (const [group, way] of this.#waysOf(groups)) this.#planGroup(group, way);
  }

  /** The key of a hash edge. */
  of(edge: StreamEdge): EdgeKey {
    const key = this.#edges.get(edge);
    if (key === undefined) throw new TypeError(`The edge from ${edge.source.name} is not keyed.`);
    return key;
  }

  /** What stands between the producer of any edge and its consumer; null = nothing. */
  operatorOf(edge: StreamEdge): KeyOperator | null {
    return this.#edges.get(edge)?.operator ?? null;
  }

  /** Key operators behind a node, in the order they were needed. */
  operatorsBehind(node: ResolvedNode): readonly KeyOperator[] {
    return this.#operators.get(node) ?? [];
  }

  /** Which of the keys behind its producer it is: the same whether others need an operator or not. */
  #numberOf({ source, output, target }: StreamEdge, key: KeyDefinition): number {
    const { maxParallelism } = target;
    // How one side is keyed depends on the other: nobody else can share it.
    const pair = isKeyedPair(target) ? target : null;
    const known = this.#numbers.get(source) ?? [];
    const index = known.findIndex(
      (other) =>
        other.key === key &&
        other.output === output &&
        other.maxParallelism === maxParallelism &&
        other.pair === pair,
    );
    if (index >= 0) return index;
    this.#numbers.set(source, [...known, { key, output, maxParallelism, pair }]);
    return known.length;
  }

  #waysOf(groups: readonly KeyedGroup[]): readonly (readonly [KeyedGroup, KeyWay])[] {
    const ways = groups.map((group) => [group, this.#wayOfGroup(group)] as const);
    return ways.map(([group, way]) => {
      const partner = isKeyedPair(group.target)
        ? ways.find(([other]) => other.target === group.target && other !== group)
        : undefined;
      const isOneType = partner === undefined || haveOneKeyType([group, way], partner);
      return [group, isOneType ? way : { ...evaluated(KEY_TYPES_DIFFER), isCanonical: true }];
    });
  }

  #planGroup({ key, edges }: KeyedGroup, way: KeyWay): void {
    for (const edge of edges) {
      if (way.kind === "columns") {
        this.#edges.set(edge, { spec: { kind: "fields", fields: way.fields }, operator: null });
      } else {
        const operator = this.#operatorFor(edge, key, way);
        this.#edges.set(edge, { spec: { kind: "key-column" }, operator });
      }
    }
  }

  #wayOfGroup({ target, key, edges }: KeyedGroup): KeyWay {
    const [first, ...others] = edges.map((edge) => this.#wayOf(key, edge));
    if (first === undefined) throw new TypeError(`Nothing is keyed for ${target.name}.`);
    const way = [first, ...others].find(({ kind }) => kind === "evaluated") ?? first;
    if (way.kind === "evaluated") return way;
    if (!haveOneType(edges)) return evaluated(TYPES_DIFFER);
    const isChanged =
      way.kind === "columns" && way.fields.some((field) => target.changedFields.includes(field));
    return isChanged ? evaluated(KEY_CHANGES) : way;
  }

  #wayOf(key: KeyDefinition, edge: StreamEdge): KeyWay {
    const way = keyWayOf(key, edge, this.#analyze);
    return way.kind === "compiled" && this.#inJavaScript.has(key) ? evaluated(ASKED_FOR) : way;
  }

  /** One operator for all consumers of a keyed stream with the same number of key groups. */
  #operatorFor(edge: StreamEdge, key: KeyDefinition, way: OperatorWay): KeyOperator {
    const { source, output, type: recordType, target } = edge;
    const behind = this.#operators.get(source) ?? [];
    const id = keyOperatorId(source.id, this.#numberOf(edge, key));
    const known = behind.find((other) => other.id === id);
    if (known !== undefined) return known;
    const operator: KeyOperator = {
      id,
      name: `keyBy(${describeSelector(key.selector)})`,
      producer: source,
      output,
      recordType,
      key,
      keyType: columnType(way, key, target.name),
      maxParallelism: target.maxParallelism,
      program: way.kind === "compiled" ? way.program : null,
      reason: way.kind === "compiled" ? null : way.reason,
    };
    this.#operators.set(source, [...behind, operator]);
    return operator;
  }
}

interface NumberedKey {
  readonly key: KeyDefinition;
  readonly output: number;
  readonly maxParallelism: number;
  /** The one consumer with two keyed inputs that it is for; null = for all others. */
  readonly pair: ResolvedNode | null;
}

interface KeyedGroup {
  readonly target: ResolvedNode;
  readonly key: KeyDefinition;
  readonly edges: readonly StreamEdge[];
}

function hashEdgesByConsumer(edges: readonly StreamEdge[]): readonly KeyedGroup[] {
  const groups: (KeyedGroup & { readonly edges: StreamEdge[] })[] = [];
  for (const edge of edges) {
    if (edge.partitioner.kind !== "hash") continue;
    const { key } = edge.partitioner;
    const group = groups.find((other) => other.target === edge.target && other.key === key);
    if (group === undefined) groups.push({ target: edge.target, key, edges: [edge] });
    else group.edges.push(edge);
  }
  return groups;
}

const TYPES_DIFFER = "the streams of the union differ in type";

const KEY_TYPES_DIFFER = "the types of the keys of both inputs differ, or are not known";

/** State is one record per key: where the record has lost its key, it needs a column for it. */
const KEY_CHANGES = "the results of reduce() are of another key";

/** Columns of different types hash equal keys differently, and may stand at different places. */
function haveOneType(edges: readonly StreamEdge[]): boolean {
  const [first = null] = edges.map(({ type }) => type);
  return edges.every(({ type }) => first !== null && type !== null && isSameType(first, type));
}

/** How a key is found: in columns, or by an operator. */
type KeyWay = { readonly kind: "columns"; readonly fields: readonly number[] } | OperatorWay;
type OperatorWay =
  | { readonly kind: "compiled"; readonly keyType: DataType; readonly program: object }
  | {
      readonly kind: "evaluated";
      readonly reason: string;
      /** Whatever type the key was declared to have. */
      readonly isCanonical?: true;
    };

function keyWayOf(
  key: KeyDefinition,
  { type: record, target }: StreamEdge,
  analyze: FunctionAnalyzer,
): KeyWay {
  if (key.selector.kind === "function") {
    if (key.type !== null) checkKeyType(key.type, target.name);
    if (target.engineMode === "js") return evaluated(ASKED_FOR);
    return record === null ? evaluated(TYPE_UNKNOWN) : analyzedWay(key, record, analyze);
  }
  if (record === null) return evaluated("the key's type is not declared");
  const names = key.selector.kind === "field" ? [key.selector.field] : key.selector.fields;
  const found = names.map((name) => fieldOf(record, name, target.name));
  for (const { type } of found) checkKeyType(type, target.name);
  const nested = found.find(({ type }) => !isScalarKey(type));
  if (nested !== undefined) return evaluated(`the key is ${formatType(nested.type)}`);
  return { kind: "columns", fields: found.map(({ index }) => index) };
}

/** The columns a function selects, if that is all it does and they have the type of the key. */
function analyzedWay(key: KeyDefinition, record: DataType, analyze: FunctionAnalyzer): KeyWay {
  const analysis = analyze({
    fn: key.function,
    role: "keySelector",
    inputType: record,
    declaredOutput: key.type,
  });
  if (!analysis.ok) return evaluated(analysis.reason);
  const { outputType, program, keyFields } = analysis;
  if (keyFields !== null) return { kind: "columns", fields: keyFields };
  return { kind: "compiled", keyType: outputType, program };
}

function evaluated(reason: string): Extract<OperatorWay, { kind: "evaluated" }> {
  return { kind: "evaluated", reason };
}

/** Both inputs of an operator are keyed. */
function isKeyedPair({ node }: ResolvedNode): boolean {
  return "isKeyed" in node && node.isKeyed && node.kind !== "broadcast";
}

type GroupWay = readonly [group: KeyedGroup, way: KeyWay];

/** Whether equal keys of two inputs have equal columns. Throws MR_GRAPH_INVALID. */
function haveOneKeyType([a, wayA]: GroupWay, [b, wayB]: GroupWay): boolean {
  const typeA = keyTypeOf(wayA, a);
  const typeB = keyTypeOf(wayB, b);
  if (typeA === null || typeB === null) return typeA === typeB;
  if (isSameType(typeA, typeB)) return true;
  const isDeclared = [...a.edges, ...b.edges].every(
    ({ source, output }) => output > 0 || !source.isInferred,
  );
  const canBeEqual =
    !(isScalarKey(typeA) && isScalarKey(typeB)) || (isNumeric(typeA) && isNumeric(typeB));
  if (canBeEqual || !isDeclared || wayA.kind === "compiled" || wayB.kind === "compiled")
    return false;
  throw new EngineError("MR_GRAPH_INVALID", {
    message: `Operator ${a.target.name}: the keys of its inputs are ${formatType(typeA)} and ${formatType(typeB)}. Streams that share keyed state need keys of one type.`,
  });
}

/** Type of the key in its columns; null = canonically encoded. */
function keyTypeOf(way: KeyWay, { key, edges, target }: KeyedGroup): DataType | null {
  if (way.kind !== "columns") return columnType(way, key, target.name);
  const record = edges[0]?.type ?? null;
  const types = way.fields.flatMap((field) => (record === null ? [] : fieldType(record, field)));
  return types.length === 1 ? (types[0] ?? null) : { kind: "TUPLE", fields: types };
}

function fieldType(record: DataType, index: number): DataType {
  if (record.kind === "TUPLE") return record.fields[index] ?? record;
  if (record.kind === "ROW") return record.fields[index]?.type ?? record;
  return record;
}

/** Type of the column that a key operator makes; null = canonically encoded. */
function columnType(way: OperatorWay, key: KeyDefinition, operator: string): DataType | null {
  if (way.kind === "compiled") return way.keyType;
  return way.isCanonical === true ? null : declaredKeyType(key, operator);
}

function declaredKeyType(key: KeyDefinition, operator: string): DataType | null {
  if (key.type === null) return null;
  checkKeyType(key.type, operator);
  return isScalarKey(key.type) ? key.type : null;
}

function checkKeyType(type: DataType, operator: string): void {
  if (!canBeKey(type)) throw new EngineError("MR_KEY_TYPE", { operator, actual: formatType(type) });
}
