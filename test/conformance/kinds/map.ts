/** Kinds `map` and `flatMap`: named functions of one line of text. */
import type { OperatorSpec } from "../../../dataplane/protocol/deployment.ts";
import type { OperatorKind } from "../operator.ts";
import { SegmentOperator } from "../segment-operator.ts";
import { type OperatorDescription, tupleTypeOf } from "../vectors.ts";

interface MapDescription extends OperatorDescription {
  readonly function: string;
}

interface NamedFunction {
  readonly kind: "map" | "flatMap";
  readonly outputTypes: readonly string[];
  readonly fn: (line: string) => unknown;
}

const FUNCTIONS: ReadonlyMap<string, NamedFunction> = new Map<string, NamedFunction>([
  ["parseCsv", { kind: "map", outputTypes: ["STRING", "LONG", "INT"], fn: parseCsv }],
  ["words", { kind: "flatMap", outputTypes: ["STRING", "INT"], fn: words }],
]);

function parseCsv(line: string): unknown[] {
  const [word, timestamp, count] = line.split(",");
  return [word, Number(timestamp), Number(count)];
}

function words(line: string): unknown[][] {
  return line.split(" ").map((word) => [word, 1]);
}

/** Serves both kinds. */
export const map: OperatorKind = { unsupported, create };

function unsupported(description: OperatorDescription): string | null {
  const { kind, function: name } = description as MapDescription;
  return FUNCTIONS.get(name)?.kind === kind ? null : `${kind} function ${name}`;
}

function create(description: OperatorDescription): SegmentOperator {
  const { function: name } = description as MapDescription;
  const named = FUNCTIONS.get(name);
  if (named === undefined) throw new TypeError(`There is no function ${name}.`);
  const spec: OperatorSpec = {
    id: name,
    name,
    kind: named.kind,
    input: null,
    inputType: { record: tupleTypeOf(["STRING"]), key: null },
    outputType: { record: tupleTypeOf(named.outputTypes), key: null },
    engine: "js",
  };
  // The vectors write a line as a record of one field.
  const fn = ([line]: readonly string[]): unknown => named.fn(line ?? "");
  return new SegmentOperator({ spec, fn, subtaskIndex: 0, parallelism: 1, maxParallelism: 128 });
}
