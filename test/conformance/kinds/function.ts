/** Kind `function`: calls of one function with their results. The functions are named as in the vectors. */
import { type Difference, isEqual, show } from "../comparison.ts";
import { expectedResult } from "../departures.ts";
import type { Engine, Kind } from "../kind.ts";
import type { OperatorDescription, VectorCase } from "../vectors.ts";
import { keyFunctions } from "./key-functions.ts";
import { partitionerFunctions } from "./partitioner-functions.ts";
import { isDescribed, textFunctions } from "./text-functions.ts";
import type { VectorFunction } from "./vector-function.ts";

interface FunctionDescription extends OperatorDescription {
  /** Name, parameters and more in words: `murmurHash(hashCode)`. */
  readonly function: string;
}

const FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map([
  ...keyFunctions,
  ...partitionerFunctions,
  ...textFunctions,
]);

export const functionKind: Kind = { unsupported, run };

function unsupported(vector: VectorCase): string | null {
  const name = nameOf(vector);
  if (!FUNCTIONS.has(name)) return `function ${name}`;
  if (name !== "describedToString") return null;
  const descriptions = (vector.calls ?? []).map(({ args }) => String(args[0]));
  const unknown = descriptions.find((description) => !isDescribed(description));
  return unknown === undefined ? null : `value ${unknown}`;
}

function nameOf(vector: VectorCase): string {
  return (vector.operator as FunctionDescription).function.replace(/\(.*$/s, "");
}

async function run(vector: VectorCase, engine: Engine): Promise<Difference> {
  const implementation = FUNCTIONS.get(nameOf(vector));
  if (implementation === undefined) return `There is no function ${nameOf(vector)}.`;
  const differences: string[] = [];
  for (const { args, result: recorded } of vector.calls ?? []) {
    const result = expectedResult(vector.name, args, recorded);
    const actual = await implementation(args, engine);
    if (!isEqual(actual, result))
      differences.push(`${show(args)}: expected ${show(result)}, got ${show(actual)}`);
  }
  return differences.length === 0 ? null : differences.join("\n");
}
