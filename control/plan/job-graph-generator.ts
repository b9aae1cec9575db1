/** StreamGraph -> JobGraph: chains become vertices, what is left of the edges becomes exchanges. */
import type { BatchType, TwoInputPart } from "../../dataplane/protocol/deployment.ts";
import { isSameType } from "../common/data-types.ts";
import type { JobSettings } from "../config/settings.ts";
import { buildChains, type Chain } from "./chains.ts";
import { checkpointingOf, restartStrategyOf } from "./checkpoint-plan.ts";
import { combineOperatorOf } from "./combine-plan.ts";
import { refuseFallbacks } from "./engine-refusals.ts";
import { type FunctionAnalyzer, NO_ANALYZER } from "./function-analysis.ts";
import type { JobEdge, JobGraph, JobOperator, JobVertex } from "./job-graph.ts";
import { KeyPlan } from "./key-plan.ts";
import { planModules, requiredModules } from "./module-plan.ts";
import {
  batchType,
  functionsOf,
  keyedType,
  keyOperatorOf,
  type OperatorPlace,
  operatorOf,
} from "./operator-specs.ts";
import { type PartitionerPlan, planPartitioners } from "./partitioner-plan.ts";
import { type ResolvedNode, resolveNodes } from "./resolve-nodes.ts";
import { SideOutputs } from "./side-outputs.ts";
import { type StreamEdge, streamEdges } from "./stream-edges.ts";
import type { StreamGraph } from "./stream-graph.ts";

export interface GeneratedJobGraph {
  readonly graph: JobGraph;
  readonly functions: ReadonlyMap<string, unknown>;
  readonly requiredModules: ReadonlySet<string>;
}

export function generateJobGraph(
  streamGraph: StreamGraph,
  name: string,
  runtimeMode: "STREAMING" | "BATCH",
  settings: JobSettings,
  analyze: FunctionAnalyzer,
): GeneratedJobGraph {
  const sides = new SideOutputs(streamGraph);
  const nodes = resolveNodes(streamGraph, settings, analyze, sides);
  const edges = streamEdges(nodes, settings.operatorChaining, sides);
  const keys = new KeyPlan(edges, analyze);
  const partitioners = planPartitioners(edges, analyze);
  if (analyze !== NO_ANALYZER) refuseFallbacks(nodes.values(), edges, keys, partitioners);
  const modules = planModules(nodes.values(), edges, keys);
  const plans = { keys, partitioners, modules };
  const isBatch = runtimeMode === "BATCH";
  const watermarkIntervalMs = isBatch ? null : settings.autoWatermarkInterval;
  const generation = new Generation(edges, plans, { finalOnly: isBatch, watermarkIntervalMs });
  const chains = buildChains(nodes.values(), edges);
  const vertices = chains.map((chain) => generation.vertexOf(chain));
  const vertexIds = new Map(
    chains.flatMap(({ head, members }) => members.map((node) => [node, head.id])),
  );
  const exchanges = edges.filter((edge) => !edge.chained);
  const jobEdges = exchanges.map((edge, index) =>
    generation.edgeOf(edge, edgeId(index), vertexIds),
  );
  const { engine, bufferTimeoutMs, maxRecordBytes, operatorChaining } = settings;
  const checkpointing = checkpointingOf(settings, isBatch);
  const restartStrategy = restartStrategyOf(settings, checkpointing);
  const options = {
    engine,
    bufferTimeoutMs,
    maxRecordBytes,
    operatorChaining,
    checkpointing,
    restartStrategy,
  };
  return {
    graph: { version: 1, name, runtimeMode, vertices, edges: jobEdges, options },
    functions: generation.functions,
    requiredModules: new Set([
      ...requiredModules(modules, edges, keys),
      ...exchanges.flatMap(({ partitioner, target }, index) =>
        partitioner.kind === "custom" && target.engineMode === "wasm" ? [edgeId(index)] : [],
      ),
    ]),
  };
}

function edgeId(index: number): string {
  return `edge-${index + 1}`;
}

interface Plans {
  readonly keys: KeyPlan;
  readonly partitioners: PartitionerPlan;
  /** Id of the module of each compiled operator. */
  readonly modules: ReadonlyMap<string, string>;
}

class Generation {
  readonly functions = new Map<string, unknown>();
  readonly #inputs: ReadonlyMap<ResolvedNode, readonly StreamEdge[]>;
  readonly #outputs: ReadonlyMap<ResolvedNode, readonly StreamEdge[]>;
  readonly #keys: KeyPlan;
  readonly #partitioners: PartitionerPlan;
  readonly #modules: ReadonlyMap<string, string>;
  readonly #mode: Pick<OperatorPlace, "finalOnly" | "watermarkIntervalMs">;

  constructor(
    edges: readonly StreamEdge[],
    { keys, partitioners, modules }: Plans,
    mode: Pick<OperatorPlace, "finalOnly" | "watermarkIntervalMs">,
  ) {
    this.#keys = keys;
    this.#partitioners = partitioners;
    this.#modules = modules;
    this.#mode = mode;
    this.#inputs = edgesBy(edges, "target");
    this.#outputs = edgesBy(edges, "source");
  }

  vertexOf({ head, members, name }: Chain): JobVertex {
    const operators = members.flatMap((member) => [
      this.#operatorOf(member),
      ...this.#keys.operatorsBehind(member).map((operator) => {
        if (operator.key.function !== null)
          this.functions.set(`${operator.id}/key`, operator.key.function);
        return keyOperatorOf(operator, this.#modules.get(operator.id) ?? null);
      }),
      ...this.#combinesBehind(member),
    ]);
    return {
      id: head.id,
      name,
      operators,
      parallelism: head.parallelism,
      maxParallelism: head.maxParallelism,
      slotSharingGroup: head.slotSharingGroup,
      ...(head.node.uid === null ? {} : { uid: head.node.uid }),
    };
  }

  edgeOf(edge: StreamEdge, id: string, vertexIds: ReadonlyMap<ResolvedNode, string>): JobEdge {
    const { source, target, partitioner, which } = edge;
    const key = partitioner.kind === "hash" ? this.#keys.of(edge) : null;
    const between = this.#combineOf(edge)?.id ?? key?.operator?.id;
    return {
      id,
      source: vertexIds.get(source) ?? "",
      operatorId: between ?? source.id,
      output: between === undefined ? edge.output : 0,
      target: target.id,
      ...(which === 0 ? {} : { which }),
      partitioner: this.#partitionerOf(edge, id),
      type: this.#edgeType(edge),
      bufferTimeoutMs: source.bufferTimeoutMs,
    };
  }

  #operatorOf(node: ResolvedNode): JobOperator {
    for (const [role, value] of functionsOf(node)) this.functions.set(role, value);
    const all = this.#inputs.get(node) ?? [];
    const inputs = all.filter(({ which }) => which === 0);
    const [first] = inputs;
    const second = all.filter(({ which }) => which === 1);
    const parts = [this.#partOf(inputs), this.#partOf(second)] as const;
    return operatorOf(node, {
      input: first?.chained === true ? first.source.id : null,
      inputOutput: first?.chained === true ? first.output : 0,
      inputType: parts[0].type,
      key: parts[0].key,
      inputs: parts,
      ...this.#mode,
      module: this.#modules.get(node.id) ?? null,
    });
  }

  #partOf(inputs: readonly StreamEdge[]): TwoInputPart {
    const [first] = inputs;
    const key = first?.partitioner.kind === "hash" ? this.#keys.of(first).spec : null;
    return { type: this.#commonType(inputs), key };
  }

  /** A stream in a union with itself has several edges behind one of them. */
  #combinesBehind(node: ResolvedNode): Iterable<JobOperator> {
    const found = (this.#outputs.get(node) ?? []).flatMap((edge) => this.#combineOf(edge) ?? []);
    return new Map(found.map((operator) => [operator.id, operator])).values();
  }

  #combineOf(edge: StreamEdge): JobOperator | null {
    if (edge.partitioner.kind !== "hash") return null;
    const { spec, operator } = this.#keys.of(edge);
    const input = operator?.id ?? edge.source.id;
    const output = operator === null ? edge.output : 0;
    const { finalOnly } = this.#mode;
    return combineOperatorOf(edge, {
      ...{ input, output, finalOnly },
      ...{ type: this.#edgeType(edge), key: spec },
    });
  }

  /** What a node reads, if all its inputs bring the same. */
  #commonType(inputs: readonly StreamEdge[]): BatchType | null {
    const types = inputs.map((edge) => this.#edgeType(edge));
    const [first = null] = types;
    return types.every((type) => isSameBatchType(type, first)) ? first : null;
  }

  #edgeType(edge: StreamEdge): BatchType | null {
    const operator = this.#keys.operatorOf(edge);
    return operator === null ? batchType(edge.type) : keyedType(operator);
  }

  #partitionerOf(edge: StreamEdge, edgeId: string): JobEdge["partitioner"] {
    const { partitioner, target } = edge;
    switch (partitioner.kind) {
      case "hash":
        return {
          kind: "hash",
          key: this.#keys.of(edge).spec,
          maxParallelism: target.maxParallelism,
        };
      case "custom": {
        const planned = this.#partitioners.get(edge);
        if (planned === undefined)
          throw new TypeError(`The partitioner of ${edgeId} is not planned.`);
        const { program, reason } = planned;
        this.functions.set(`${edgeId}/partitioner`, partitioner.partitioner);
        if (partitioner.keyFunction !== null)
          this.functions.set(`${edgeId}/key`, partitioner.keyFunction);
        const { selector } = partitioner;
        const module = program === null ? null : edgeId;
        return { kind: "custom", functionId: edgeId, selector, module, program, reason };
      }
      default:
        return { kind: partitioner.kind };
    }
  }
}

function edgesBy(
  edges: readonly StreamEdge[],
  end: "source" | "target",
): ReadonlyMap<ResolvedNode, readonly StreamEdge[]> {
  const groups = new Map<ResolvedNode, StreamEdge[]>();
  for (const edge of edges) {
    const known = groups.get(edge[end]);
    if (known === undefined) groups.set(edge[end], [edge]);
    else known.push(edge);
  }
  return groups;
}

function isSameBatchType(a: BatchType | null, b: BatchType | null): boolean {
  if (a === null || b === null) return a === b;
  if ((a.key === null) !== (b.key === null)) return false;
  return (
    isSameType(a.record, b.record) && (a.key === null || b.key === null || isSameType(a.key, b.key))
  );
}
