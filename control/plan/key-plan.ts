/**
 * Where the key of each hash edge comes from. Fields of declared scalar types are hashed straight from
 * their columns. For anything else a `key` operator at the end of the producer's chain evaluates the
 * selector in JavaScript, once per record, and adds the key column.
 *
 * A consumer's inputs under one keyBy() are keyed in one way: if one of them (of a union) needs the key
 * column, all get it.
 */
import type { KeySpec } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { canBeKey, formatType, isScalarKey } from "../common/data-types.ts";
import { NOT_COMPILED_YET } from "./engine-choice.ts";
import { fieldOf } from "./field-of.ts";
import { keyOperatorId } from "./operator-ids.ts";
import { describeSelector } from "./operator-names.ts";
import type { ResolvedNode } from "./resolve-nodes.ts";
import type { StreamEdge } from "./stream-edges.ts";
import type { KeyDefinition } from "./stream-graph.ts";

export interface KeyOperator {
  readonly id: string;
  readonly name: string;
  readonly producer: ResolvedNode;
  readonly key: KeyDefinition;
  readonly keyType: DataType | null;
  readonly maxParallelism: number;
  readonly reason: string;
}

export interface EdgeKey {
  readonly spec: KeySpec;
  /** null where the spec names fields. */
  readonly operator: KeyOperator | null;
}

export class KeyPlan {
  readonly #edges = new Map<StreamEdge, EdgeKey>();
  readonly #operators = new Map<ResolvedNode, KeyOperator[]>();

  /** Throws MR_FIELD_UNKNOWN, MR_KEY_TYPE. */
  constructor(edges: readonly StreamEdge[]) {
    for (const group of hashEdgesByConsumer(edges)) this.#planGroup(group);
  }

  /** The key of a hash edge. */
  of(edge: StreamEdge): EdgeKey {
    const key = this.#edges.get(edge);
    if (key === undefined) throw new TypeError(`The edge from ${edge.source.name} is not keyed.`);
    return key;
  }

  /** Key operators behind a node, in the order they were needed. */
  operatorsBehind(node: ResolvedNode): readonly KeyOperator[] {
    return this.#operators.get(node) ?? [];
  }

  #planGroup({ key, edges }: KeyedGroup): void {
    const specs = edges.map((edge) => columnsOf(key, edge));
    const [first] = specs;
    if (first !== undefined && specs.every((spec) => spec.kind === "columns")) {
      for (const edge of edges) {
        this.#edges.set(edge, { spec: { kind: "fields", fields: first.fields }, operator: null });
      }
      return;
    }
    const reason = specs.find((spec) => spec.kind === "evaluated")?.reason ?? NOT_COMPILED_YET;
    for (const edge of edges) {
      const operator = this.#operatorFor(edge, key, reason);
      this.#edges.set(edge, { spec: { kind: "key-column" }, operator });
    }
  }

  /** One operator for all consumers of a keyed stream with the same number of key groups. */
  #operatorFor({ source, target }: StreamEdge, key: KeyDefinition, reason: string): KeyOperator {
    const behind = this.#operators.get(source) ?? [];
    const { maxParallelism } = target;
    const known = behind.find(
      (other) => other.key === key && other.maxParallelism === maxParallelism,
    );
    if (known !== undefined) return known;
    const operator: KeyOperator = {
      id: keyOperatorId(source.id, behind.length),
      name: `keyBy(${describeSelector(key.selector)})`,
      producer: source,
      key,
      keyType: declaredKeyType(key, target.name),
      maxParallelism,
      reason,
    };
    this.#operators.set(source, [...behind, operator]);
    return operator;
  }
}

interface KeyedGroup {
  readonly key: KeyDefinition;
  readonly edges: readonly StreamEdge[];
}

function hashEdgesByConsumer(edges: readonly StreamEdge[]): readonly KeyedGroup[] {
  const groups: {
    readonly target: ResolvedNode;
    readonly key: KeyDefinition;
    readonly edges: StreamEdge[];
  }[] = [];
  for (const edge of edges) {
    if (edge.partitioner.kind !== "hash") continue;
    const { key } = edge.partitioner;
    const group = groups.find((other) => other.target === edge.target && other.key === key);
    if (group === undefined) groups.push({ target: edge.target, key, edges: [edge] });
    else group.edges.push(edge);
  }
  return groups;
}

type Columns =
  | { readonly kind: "columns"; readonly fields: readonly number[] }
  | { readonly kind: "evaluated"; readonly fields: readonly never[]; readonly reason: string };

/** The columns a selector means, if their types say that they can be hashed as they are. */
function columnsOf(key: KeyDefinition, { source, target }: StreamEdge): Columns {
  if (key.selector.kind === "function") return evaluated(NOT_COMPILED_YET);
  const record = source.outputType;
  if (record === null) return evaluated("the key's type is not declared");
  const names = key.selector.kind === "field" ? [key.selector.field] : key.selector.fields;
  const found = names.map((name) => fieldOf(record, name, target.name));
  for (const { type } of found) checkKeyType(type, target.name);
  const nested = found.find(({ type }) => !isScalarKey(type));
  if (nested !== undefined) return evaluated(`the key is ${formatType(nested.type)}`);
  return { kind: "columns", fields: found.map(({ index }) => index) };
}

function evaluated(reason: string): Columns {
  return { kind: "evaluated", fields: [], reason };
}

function declaredKeyType(key: KeyDefinition, operator: string): DataType | null {
  if (key.type === null) return null;
  checkKeyType(key.type, operator);
  return isScalarKey(key.type) ? key.type : null;
}

function checkKeyType(type: DataType, operator: string): void {
  if (!canBeKey(type)) throw new EngineError("MR_KEY_TYPE", { operator, actual: formatType(type) });
}
