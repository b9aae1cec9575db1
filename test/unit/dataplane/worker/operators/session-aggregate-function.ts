/** An AggregateFunction for sessions of random streams, compiled: what it gives tells in which order it was called. */
import { foldModule } from "../../../../../control/compiler/emit/fold-module.ts";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyzeAggregate } from "../../../../../control/compiler/front/aggregate.ts";
import type { AggregateFunction } from "../../../../../dataplane/functions/aggregate.ts";
import { mergeModuleOf, resultModuleOf } from "../../../../../dataplane/protocol/deployment.ts";
import { compileModule } from "./compiled-modules.ts";
import { STRING, scalar, tuple } from "./harness.ts";

type Row = readonly [key: string, value: number, note: string];

interface Accumulator {
  key: string | null;
  count: number;
  value: number;
  first: string;
  last: string;
}

export const AGGREGATE: AggregateFunction<Row, Accumulator, Row> = {
  createAccumulator: () => ({ key: null, count: 0, value: 0, first: "", last: "" }),
  add(record, acc) {
    acc.key = record[0];
    if (acc.count === 0) acc.first = record[2];
    acc.count += 1;
    acc.value = acc.value * 3 + record[1];
    acc.last = record[2];
    return acc;
  },
  getResult: ({ key, count, value, first, last }) => [
    key ?? "",
    value,
    `${count} from ${first} to ${last}`,
  ],
  merge: (a, b) => ({
    key: a.key,
    count: a.count + b.count,
    value: a.value * 5 + b.value,
    first: a.first,
    last: b.last,
  }),
};

/** Modules have the ids "aggregate" and what belongs to it. */
export async function compiledAggregate() {
  const inputType = tuple(STRING, scalar("NUMBER"), STRING);
  const analysis = analyzeAggregate({ fn: AGGREGATE, inputType, declaredOutput: inputType });
  if (!analysis.ok) throw new Error(analysis.reason);
  const { start, add, result, merge } = analysis.program;
  if (merge === null) throw new Error("merge() is not compiled");
  const modules = new Map([
    ["aggregate", await compileModule(foldModule({ about: "add", program: add, start }))],
    [
      resultModuleOf("aggregate"),
      await compileModule(fusedModule([{ about: "getResult", program: result }])),
    ],
    [
      mergeModuleOf("aggregate"),
      await compileModule(foldModule({ about: "merge", program: merge })),
    ],
  ]);
  for (const module of modules.values()) module.deliver();
  return {
    accumulatorType: add.outputType,
    moduleOf: (id: string) => modules.get(id)?.moduleOf() ?? null,
  };
}
