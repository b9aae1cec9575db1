/** Kinds `map` and `flatMap`: named functions of one line of text. */
import type { OperatorSpec } from "../../../dataplane/protocol/deployment.ts";
import { moduleOf } from "../compiled-function.ts";
import type { Engine } from "../kind.ts";
import type { OperatorKind } from "../operator.ts";
import { ObservedFunction, SegmentOperator } from "../segment-operator.ts";
import { type OperatorDescription, tupleTypeOf } from "../vectors.ts";

interface MapDescription extends OperatorDescription {
  readonly function: string;
}

interface NamedFunction {
  readonly kind: "map" | "flatMap";
  readonly outputTypes: readonly string[];
  /** The vectors write a line as a record of one field. */
  readonly fn: (record: readonly string[]) => unknown;
}

const FUNCTIONS: ReadonlyMap<string, NamedFunction> = new Map<string, NamedFunction>([
  ["parseCsv", { kind: "map", outputTypes: ["STRING", "LONG", "INT"], fn: parseCsv }],
  ["words", { kind: "flatMap", outputTypes: ["STRING", "INT"], fn: words }],
]);

function parseCsv([line = ""]: readonly string[]): unknown[] {
  const [word, timestamp, count] = line.split(",");
  return [word, Number(timestamp), Number(count)];
}

function words([line = ""]: readonly string[]): unknown[][] {
  return line.split(" ").map((word) => [word, 1]);
}

/** Serves both kinds. */
export const map: OperatorKind = { unsupported, create };

function unsupported(description: OperatorDescription): string | null {
  const { kind, function: name } = description as MapDescription;
  return FUNCTIONS.get(name)?.kind === kind ? null : `${kind} function ${name}`;
}

function create(
  description: OperatorDescription,
  _types: readonly string[],
  engine: Engine,
): SegmentOperator {
  const { function: name } = description as MapDescription;
  const named = FUNCTIONS.get(name);
  if (named === undefined) throw new TypeError(`There is no function ${name}.`);
  const { kind, fn } = named;
  const inputType = tupleTypeOf(["STRING"]);
  const outputType = tupleTypeOf(named.outputTypes);
  const loadModule =
    engine === "js" ? null : moduleOf({ name, fn, role: kind, inputType, outputType });
  const spec: OperatorSpec = {
    id: name,
    name,
    kind,
    input: null,
    inputType: { record: inputType, key: null },
    outputType: { record: outputType, key: null },
    engine: loadModule === null ? "js" : "wasm",
    module: loadModule === null ? null : name,
  };
  const subtask = { subtaskIndex: 0, parallelism: 1, maxParallelism: 128 };
  return new SegmentOperator({ spec, fn: new ObservedFunction(fn), loadModule, ...subtask });
}
