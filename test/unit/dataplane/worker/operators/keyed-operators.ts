/** Keyed operators for tests: their specs, opened, fed and restored. */
import assert from "node:assert/strict";

import { javaHash, keyGroupOfHash } from "../../../../../dataplane/formats/java-hash.ts";
import type {
  BatchType,
  KeySpec,
  RollingFunction,
} from "../../../../../dataplane/protocol/deployment.ts";
import type { DataType } from "../../../../../dataplane/protocol/types.ts";
import { createSegments } from "../../../../../dataplane/worker/operators/create-segments.ts";
import type { KeyedSpec } from "../../../../../dataplane/worker/operators/fold-head.ts";
import type { RollingSpec } from "../../../../../dataplane/worker/operators/rolling-js.ts";
import type { Segment, SegmentContext } from "../../../../../dataplane/worker/segment.ts";
import { batchType, encodeState, type Harness, type TimedRow } from "./harness.ts";

export const FUNCTIONS: readonly RollingFunction[] = ["sum", "min", "max", "minBy", "maxBy"];

export const FIRST_FIELD: KeySpec = { kind: "fields", fields: [0] };

interface Options {
  readonly engine?: "js" | "wasm";
  readonly finalOnly?: boolean;
  readonly first?: boolean;
  readonly key?: KeySpec;
  readonly outputRows?: number;
}

export function rollingSpec(
  name: RollingFunction,
  field: string | number,
  type: BatchType | null,
  options: Options = {},
): RollingSpec {
  return {
    kind: "rolling",
    function: name,
    field,
    first: options.first ?? true,
    key: options.key ?? FIRST_FIELD,
    finalOnly: options.finalOnly ?? false,
    id: "op",
    name: `${name} of ${field}`,
    input: null,
    inputType: type,
    outputType: type === null ? null : batchType(type.record),
    engine: options.engine ?? "js",
  };
}

export function reduceSpec(type: BatchType | null, options: Options = {}): KeyedSpec {
  const { name: _, ...base } = rollingSpec("sum", 1, type, options);
  const { key, finalOnly, id, input, inputType, outputType, engine } = base;
  return {
    kind: "reduce",
    name: "reduce",
    key,
    finalOnly,
    id,
    input,
    inputType,
    outputType,
    engine,
  };
}

/** All key groups are this subtask's. */
export function contextOf(harness: Harness, spec: KeyedSpec, fn?: unknown): SegmentContext {
  return {
    ...harness.context,
    subtaskIndex: 0,
    parallelism: 1,
    operators: [spec],
    functionOf: () => fn,
  };
}

export async function openKeyed(
  harness: Harness,
  spec: KeyedSpec,
  fn?: unknown,
  outputRows?: number,
): Promise<Segment> {
  const options = outputRows === undefined ? {} : { outputRows };
  const [node] = createSegments(contextOf(harness, spec, fn), options);
  assert.ok(node !== undefined);
  await node.segment.open();
  return node.segment;
}

/** Rows with the key groups that the exchange gives them, by field 0. */
export function keyedRows(rows: readonly TimedRow[], record: DataType): readonly TimedRow[] {
  const type = record.kind === "TUPLE" ? (record.fields[0] ?? null) : null;
  return rows.map((row) => {
    const [key] = row.value as readonly unknown[];
    return { ...row, keyGroup: keyGroupOfHash(javaHash(key, type), 128) };
  });
}

/** Takes a snapshot of a segment and opens another one from it. */
export async function restored(
  harness: Harness,
  segment: Segment,
  spec: KeyedSpec,
  fn?: unknown,
): Promise<Segment> {
  segment.freeze(1n);
  const pages = encodeState(harness.memory, segment, 2);
  await segment.close();
  const next = await openKeyed(harness, spec, fn);
  for (const page of pages) next.restore(page);
  return next;
}
