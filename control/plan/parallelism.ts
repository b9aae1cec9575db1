/** Parallelism, maximum parallelism and slot sharing groups of the nodes, by Flink's rules. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import { MAX_PARALLELISM_LIMIT } from "../config/options.ts";
import type { StreamNode } from "./stream-graph.ts";

export const DEFAULT_SLOT_SHARING_GROUP = "default";
/** What setParallelism() takes to mean "the environment's". */
const PARALLELISM_DEFAULT = -1;
const LOWEST_DEFAULT_MAX_PARALLELISM = 128;

/** Flink's KeyGroupRangeAssignment.computeDefaultMaxParallelism. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(parallelism + Math.floor(parallelism / 2)));
  return Math.min(Math.max(wanted, LOWEST_DEFAULT_MAX_PARALLELISM), MAX_PARALLELISM_LIMIT);
}

/** The argument of setParallelism(); null = the environment's. Throws MR_PARALLELISM_INVALID. */
export function checkParallelism(value: unknown, what: string): number | null {
  if (value === PARALLELISM_DEFAULT) return null;
  return checkCount(value, what);
}

/** The argument of setMaxParallelism(). Throws MR_PARALLELISM_INVALID. */
export function checkMaxParallelism(value: unknown, what: string): number {
  return checkCount(value, what);
}

function checkCount(value: unknown, what: string): number {
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= 1 &&
    value <= MAX_PARALLELISM_LIMIT
  ) {
    return value;
  }
  throw new EngineError("MR_PARALLELISM_INVALID", {
    what,
    actual: describeValue(value),
    expected: `an integer from 1 to ${MAX_PARALLELISM_LIMIT}`,
  });
}

export interface ResolvedParallelism {
  readonly parallelism: number;
  readonly maxParallelism: number;
}

/** Highest parallelism an operator can have by its nature; null = any. */
export function parallelismLimit(node: StreamNode): number | null {
  if (node.kind === "window") return node.isKeyed ? null : 1;
  return node.kind === "source" ? (node.source.maxSourceParallelism ?? null) : null;
}

/** `environmentMaxParallelism`: null = by the formula. Throws MR_PARALLELISM_INVALID. */
export function resolveParallelism(
  node: StreamNode,
  name: string,
  environmentMaxParallelism: number | null,
): ResolvedParallelism {
  const limit = parallelismLimit(node);
  const wanted = node.parallelism ?? node.environmentParallelism;
  const parallelism = limit === null ? wanted : Math.min(wanted, limit);
  const maxParallelism =
    node.maxParallelism ?? environmentMaxParallelism ?? defaultMaxParallelism(parallelism);
  if (parallelism > maxParallelism) {
    throw new EngineError("MR_PARALLELISM_INVALID", {
      what: `The parallelism of ${name}`,
      actual: parallelism,
      expected: `at most its maximum parallelism, ${maxParallelism}`,
    });
  }
  return { parallelism, maxParallelism };
}

/** Own group; else that of the inputs where they agree; else "default". */
export function resolveSlotSharingGroup(own: string | null, ofInputs: readonly string[]): string {
  if (own !== null) return own;
  const [first = DEFAULT_SLOT_SHARING_GROUP] = ofInputs;
  return ofInputs.every((group) => group === first) ? first : DEFAULT_SLOT_SHARING_GROUP;
}
