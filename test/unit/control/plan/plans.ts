/** Programs that tests plan, and what they look at in the plans. */
import assert from "node:assert/strict";
import type { StreamExecutionEnvironment } from "../../../../control/api/environment.ts";
import { Types } from "../../../../control/common/types.ts";
import type { EngineOptions } from "../../../../control/config/settings.ts";
import type { CompiledPlan, JobOperator } from "../../../../control/plan/job-graph.ts";
import { formatBatchType } from "../../../../control/plan/plan-text.ts";
import { planOf } from "../fake-cluster.ts";
import { withoutPlaces } from "../without-places.ts";

export type Define = (env: StreamExecutionEnvironment) => void;

export const Pair = Types.TUPLE(Types.STRING, Types.INT);
const Order = Types.ROW({
  user: Types.STRING,
  country: Types.STRING,
  total: Types.LONG,
  tags: Types.LIST(Types.STRING),
});

export const pairs = (env: StreamExecutionEnvironment) =>
  env.fromCollection([["a", 1] as [string, number]], Pair);
/** Pairs whose type the first record tells. */
export const untypedPairs = (env: StreamExecutionEnvironment) =>
  env
    .fromElements("a")
    .map((word) => [word, 1])
    .engine("js");
export const orders = (env: StreamExecutionEnvironment) =>
  env.fromCollection([{ user: "u", country: "c", total: 1, tags: ["t"] }], Order);

export function operatorsOf({ graph }: CompiledPlan): readonly JobOperator[] {
  return graph.vertices.flatMap(({ operators }) => operators);
}

/** `name: engine (reason) -> type` of what is neither source nor sink. */
export async function verdictsOf(
  define: Define,
  options: EngineOptions = {},
): Promise<readonly string[]> {
  return operatorsOf(await planOf(define, options))
    .filter(({ kind }) => kind !== "source" && kind !== "print")
    .map(({ name, engine, reason, outputType }) => {
      const why = reason === null ? "" : ` (${withoutPlaces(reason)})`;
      return `${name}: ${engine}${why} -> ${formatBatchType(outputType)}`;
    });
}

/** Name of each compiled operator, and that of the first operator of its module. */
export async function modulesOf(define: Define): Promise<readonly (readonly [string, string])[]> {
  const operators = operatorsOf(await planOf(define));
  const names = new Map(operators.map(({ id, name }) => [id, name]));
  return operators.flatMap((operator) => {
    if (!("module" in operator) || operator.module === null) return [];
    assert.equal(operator.engine, "wasm");
    assert.ok(operator.program !== null);
    return [[operator.name, names.get(operator.module) ?? ""] as const];
  });
}
