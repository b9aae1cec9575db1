import type { AccumulatorValue } from "../../cluster/cluster.ts";
import type { Json } from "../json.ts";

const INT_MAX = 2_147_483_647;

export function accumulatorBodies(accumulators: readonly AccumulatorValue[]): readonly Json[] {
  return accumulators.map((accumulator) => ({
    name: accumulator.name,
    type: typeOf(accumulator),
    value: textOf(accumulator.value),
  }));
}

/** Name of the class of Flink that is nearest. */
function typeOf({ kind, value }: AccumulatorValue): string {
  if (kind === "average") return "AverageAccumulator";
  if (kind === "list") return "ListAccumulator";
  if (kind === "histogram") return "Histogram";
  const number = numberType(value);
  if (kind === "minimum") return `${number}Minimum`;
  if (kind === "maximum") return `${number}Maximum`;
  const isSmall = typeof value === "number" && Math.abs(value) <= INT_MAX;
  return number === "Long" && isSmall ? "IntCounter" : `${number}Counter`;
}

function numberType(value: unknown): "Long" | "Double" {
  return typeof value === "number" && !Number.isInteger(value) ? "Double" : "Long";
}

function textOf(value: unknown): string {
  if (value instanceof Map) {
    return `{${[...value].map(([key, member]) => `${textOf(key)}=${textOf(member)}`).join(", ")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
