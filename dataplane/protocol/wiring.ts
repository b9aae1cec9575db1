/**
 * Which producer subtask feeds which consumer subtask, by which of its channels. Pure, so that the
 * plan, the deployment and the tests say the same; Flink's rules (conformance: pointwise-wiring).
 */
import type { PartitionerSpec } from "./deployment.ts";

export interface Wire {
  readonly producer: number;
  readonly consumer: number;
  /** Index among the channels of its producer. */
  readonly channel: number;
}

/** All wires of an edge, by consumer and then by producer. */
export function wiresOf(
  partitioner: PartitionerSpec["kind"],
  producers: number,
  consumers: number,
): readonly Wire[] {
  return partitioner === "forward" || partitioner === "rescale"
    ? pointwiseWires(producers, consumers)
    : allToAllWires(producers, consumers);
}

/** Every producer feeds every consumer; channel = index of the consumer. */
export function allToAllWires(producers: number, consumers: number): readonly Wire[] {
  const wires: Wire[] = [];
  for (let consumer = 0; consumer < consumers; consumer++) {
    for (let producer = 0; producer < producers; producer++) {
      wires.push({ producer, consumer, channel: consumer });
    }
  }
  return wires;
}

/**
 * Neighbouring subtasks only: each producer has its own consumers, or each consumer its own
 * producers.
 */
export function pointwiseWires(producers: number, consumers: number): readonly Wire[] {
  return producers >= consumers ? fanIn(producers, consumers) : fanOut(producers, consumers);
}

function fanIn(producers: number, consumers: number): readonly Wire[] {
  const wires: Wire[] = [];
  for (let consumer = 0; consumer < consumers; consumer++) {
    const first = Math.floor((consumer * producers) / consumers);
    const end = Math.floor(((consumer + 1) * producers) / consumers);
    for (let producer = first; producer < end; producer++) {
      wires.push({ producer, consumer, channel: 0 });
    }
  }
  return wires;
}

function fanOut(producers: number, consumers: number): readonly Wire[] {
  const wires: Wire[] = [];
  for (let producer = 0; producer < producers; producer++) {
    const first = Math.ceil((producer * consumers) / producers);
    const end = Math.ceil(((producer + 1) * consumers) / producers);
    for (let consumer = first; consumer < end; consumer++) {
      // Flink numbers channels by the consumer's index modulo their count, wherever its group starts.
      wires.push({ producer, consumer, channel: consumer % (end - first) });
    }
  }
  return wires;
}
