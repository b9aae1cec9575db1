/** An AggregateFunction for windows of random streams, compiled. */
import { foldModule } from "../../../../../control/compiler/emit/fold-module.ts";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyzeAggregate } from "../../../../../control/compiler/front/aggregate.ts";
import type { AggregateFunction } from "../../../../../dataplane/functions/aggregate.ts";
import { resultModuleOf } from "../../../../../dataplane/protocol/deployment.ts";
import { compileModule } from "./compiled-modules.ts";
import { INT, STRING, tuple } from "./harness.ts";

type NotedRow = readonly [key: string, value: number, note: string];

interface Accumulator {
  key: string | null;
  count: number;
  value: number;
  note: string;
}

/** Gives what the reduce does, by way of something else. Its merge() would not do. */
export const AGGREGATE: AggregateFunction<NotedRow, Accumulator, NotedRow> = {
  createAccumulator: () => ({ key: null, count: 0, value: 0, note: "" }),
  add(record, acc) {
    acc.key = record[0];
    acc.count += 1;
    acc.value = acc.count === 1 ? record[1] : (acc.value * 31 + record[1]) | 0;
    acc.note = record[2];
    return acc;
  },
  getResult: ({ key, value, note }) => [key ?? "", value, note],
  merge: (a) => a,
};

/** Modules have the ids "aggregate" and what belongs to it. */
export async function compiledAggregate() {
  const inputType = tuple(STRING, INT, STRING);
  const analysis = analyzeAggregate({ fn: AGGREGATE, inputType, declaredOutput: inputType });
  if (!analysis.ok) throw new Error(analysis.reason);
  const { start, add, result } = analysis.program;
  const fold = await compileModule(foldModule({ about: "add", program: add, start }));
  const results = await compileModule(fusedModule([{ about: "getResult", program: result }]));
  for (const module of [fold, results]) module.deliver();
  return {
    accumulatorType: add.outputType,
    moduleOf: (id: string) => {
      if (id === "aggregate") return fold.moduleOf();
      return id === resultModuleOf("aggregate") ? results.moduleOf() : null;
    },
  };
}
