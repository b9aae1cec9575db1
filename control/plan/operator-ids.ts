/**
 * Operator ids: 32 hex digits. With uid() they are Flink's (MurmurHash3 of the uid). Without, they
 * follow Flink's scheme (position in a breadth-first walk, mixed with the ids of the inputs) but leave
 * out which operators are chained, so that an id survives a change of parallelism.
 */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { murmur3x64 } from "../common/murmur3.ts";
import type { NodeId, StreamGraph, StreamNode } from "./stream-graph.ts";

/** Throws MR_GRAPH_INVALID when two operators have one uid. */
export function operatorIds(graph: StreamGraph): ReadonlyMap<NodeId, string> {
  const hashes = new Map<NodeId, Buffer>();
  for (const node of breadthFirst(graph)) {
    hashes.set(
      node.id,
      node.uid === null ? positionHash(node, hashes) : murmur3x64(Buffer.from(node.uid)),
    );
  }
  const uids = new Set<string>();
  for (const { uid } of graph.nodes) {
    if (uid !== null && uids.has(uid)) {
      throw new EngineError("MR_GRAPH_INVALID", {
        message: `Two operators have the uid "${uid}". Give each its own: state is found by it.`,
      });
    }
    if (uid !== null) uids.add(uid);
  }
  return new Map([...hashes].map(([id, hash]) => [id, hash.toString("hex")]));
}

/** Id of the nth key operator behind an operator. */
export function keyOperatorId(producerId: string, index: number): string {
  return murmur3x64(Buffer.from(`${producerId}/key/${index}`)).toString("hex");
}

/** Id of the operator that combines rows of `producerId` in front of the exchange to `consumerId`. */
export function combineOperatorId(producerId: string, output: number, consumerId: string): string {
  const from = output === 0 ? producerId : `${producerId}/${output}`;
  return murmur3x64(Buffer.from(`${from}/combine/${consumerId}`)).toString("hex");
}

/** A node comes when all its inputs have come. */
function breadthFirst(graph: StreamGraph): readonly StreamNode[] {
  const consumers = new Map<NodeId, StreamNode[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      const known = consumers.get(input.node);
      if (known === undefined) consumers.set(input.node, [node]);
      else if (known.at(-1) !== node) known.push(node);
    }
  }
  const ordered: StreamNode[] = [];
  const done = new Set<NodeId>();
  const queued = graph.nodes.filter((node) => node.inputs.length === 0);
  for (let node = queued.shift(); node !== undefined; node = queued.shift()) {
    if (done.has(node.id) || !node.inputs.every((input) => done.has(input.node))) continue;
    done.add(node.id);
    ordered.push(node);
    queued.push(...(consumers.get(node.id) ?? []));
  }
  return ordered;
}

function positionHash(node: StreamNode, hashes: ReadonlyMap<NodeId, Buffer>): Buffer {
  const position = Buffer.alloc(4);
  position.writeInt32LE(hashes.size);
  const hash = murmur3x64(position);
  for (const input of node.inputs) {
    const other = hashes.get(input.node);
    if (other === undefined) throw new TypeError(`Node ${input.node} has no hash yet.`);
    for (let index = 0; index < hash.length; index += 1) {
      hash[index] = ((hash[index] ?? 0) * 37) ^ (other[index] ?? 0);
    }
  }
  return hash;
}
