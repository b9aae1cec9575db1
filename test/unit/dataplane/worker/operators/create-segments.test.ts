import assert from "node:assert/strict";
import { test } from "node:test";

import type { OperatorSpec } from "../../../../../dataplane/protocol/deployment.ts";
import {
  createSegments,
  runsOf,
} from "../../../../../dataplane/worker/operators/create-segments.ts";
import { batchType, createHarness, NUMBER, STRING, tuple } from "./harness.ts";

const TYPE = batchType(tuple(STRING, NUMBER));
const BASE = { engine: "js", inputType: TYPE, outputType: TYPE } as const;

function simple(
  kind: "map" | "filter" | "flatMap" | "collect" | "sink" | "source",
  id: string,
  input: string | null,
): OperatorSpec {
  return { ...BASE, kind, id, name: id, input };
}

function rolling(id: string, input: string | null, engine: "js" | "wasm"): OperatorSpec {
  const key = { kind: "fields", fields: [0] } as const;
  const base = { ...BASE, id, name: id, input, engine };
  return {
    ...base,
    kind: "rolling",
    function: "sum",
    field: 1,
    first: true,
    key,
    finalOnly: false,
  };
}

function idsOf(operators: readonly OperatorSpec[], exits: readonly string[] = []): string[] {
  return runsOf(operators, exits).map((run) => run.map(({ id }) => id).join(" "));
}

test("JavaScript operators in a row are one segment, from a keyed head to a sink", () => {
  const run = [
    rolling("sum", null, "js"),
    simple("map", "a", "sum"),
    simple("flatMap", "b", "a"),
    simple("collect", "c", "b"),
  ];
  assert.deepEqual(idsOf(run), ["sum a b c"]);
});

test("a source, a change of engine and a keyed operator begin and end segments", () => {
  const run = [
    simple("source", "src", null),
    simple("map", "a", "src"),
    rolling("sum", "a", "wasm"),
    simple("map", "b", "sum"),
    rolling("max", "b", "js"),
    simple("filter", "c", "max"),
  ];
  assert.deepEqual(idsOf(run), ["src", "a", "sum", "b", "max c"]);
});

test("an output with two readers, in the chain or out of it, ends a segment", () => {
  const fork = [
    simple("map", "a", null),
    simple("filter", "b", "a"),
    simple("flatMap", "c", "a"),
    simple("map", "d", "c"),
  ];
  assert.deepEqual(idsOf(fork), ["a", "b", "c d"]);
  assert.deepEqual(idsOf([simple("map", "a", null), simple("map", "b", "a")], ["b"]), ["a b"]);
  assert.deepEqual(idsOf([simple("map", "a", null), simple("map", "b", "a")], ["a", "b"]), [
    "a",
    "b",
  ]);
});

test("nodes name the output that feeds them, and outputs the operator they are of", async () => {
  const operators = [
    rolling("sum", null, "wasm"),
    simple("map", "a", "sum"),
    simple("filter", "b", "a"),
    simple("map", "c", "a"),
  ];
  const { context } = await createHarness();
  const nodes = createSegments({
    ...context,
    operators,
    functionOf: () => (value: unknown) => value,
  });
  assert.deepEqual(
    nodes.map(({ segment, input }) => [
      segment.engine,
      input?.operatorId ?? null,
      segment.outputs.map(({ operatorId, output }) => `${operatorId}/${output}`),
    ]),
    [
      ["wasm", null, ["sum/0"]],
      ["js", "sum", ["a/0"]],
      ["js", "a", ["b/0"]],
      ["js", "a", ["c/0"]],
    ],
  );
});

test("something that is no function is refused when the segment is made", async () => {
  const { context } = await createHarness();
  const operators = [simple("map", "a", null)];
  assert.throws(() => createSegments({ ...context, operators, functionOf: () => ({ map: 1 }) }), {
    code: "MR_FUNCTION_INVALID",
    details: {
      operation: "map (a)",
      expected: "a function, or an object with map()",
      actual: "object",
    },
  });
});
