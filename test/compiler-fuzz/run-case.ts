/**
 * Runs a compiled function over records and compares every record with what V8 makes of it: once the
 * compiled program alone, which shows what it gives up, and once a whole segment with its twin.
 */
import { inspect } from "node:util";
import { createRowReader } from "../../dataplane/formats/row-reader.ts";
import { BatchBuilder } from "../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../dataplane/memory/schema.ts";
import type { TaskMemory } from "../../dataplane/memory/task-memory.ts";
import type { OperatorSpec } from "../../dataplane/protocol/deployment.ts";
import {
  STATUS_DONE,
  STATUS_OUTPUT_FULL,
  STATUS_ROW_GIVEN_UP,
} from "../../dataplane/protocol/status.ts";
import type { DataType } from "../../dataplane/protocol/types.ts";
import { BUILDER_WITH_TIMESTAMPS } from "../../dataplane/protocol/view-layout.ts";
import { CompiledProgram } from "../../dataplane/worker/operators/compiled-program.ts";
import { CompiledSegment } from "../../dataplane/worker/operators/compiled-segment.ts";
import { createSegments } from "../../dataplane/worker/operators/create-segments.ts";
import {
  batchType,
  buildBatch,
  createHarness,
  processBatch,
} from "../unit/dataplane/worker/operators/harness.ts";
import { type Expected, expectedOf, isSame, keyedRow } from "./cases.ts";
import type { CompiledCase } from "./compile-cases.ts";
import { processName } from "./merge-modules.ts";

export interface Mismatch {
  readonly record: unknown;
  readonly what: string;
}

export interface CaseReport {
  readonly mismatches: readonly Mismatch[];
  /** Records that JavaScript can do and compiled code left to it. */
  readonly givenUp: readonly unknown[];
  /** Records that are JavaScript's alone: it throws. */
  readonly left: number;
}

export interface RunOptions {
  /** Rows an output takes: fewer than a record emits, now and then. */
  readonly outputRows: number;
  readonly batchRows: number;
}

interface Row {
  /** As a reader answers it. */
  readonly record: unknown;
  readonly expected: Expected;
}

const OPERATOR = "fn";
const MODULE = "merged";
/** Records of which each kind of failure is shown at most. */
const SHOWN_MAX = 5;
/** Of what a function throws, and of answers that no column holds. */
const USERS_ERRORS = /^MR_(FUNCTION|FILTER_NOT_BOOLEAN|RECORD_NULL|KEY_NAN|KEY_NULL)/;
const THROWING_MAX = 2;

export async function runCase(
  compiled: CompiledCase,
  records: readonly unknown[],
  { outputRows, batchRows }: RunOptions,
): Promise<CaseReport> {
  const { function: code, fn, outputType } = compiled;
  const { memory } = await createHarness();
  try {
    useModuleOf(memory, compiled);
    const input = inputOf(memory, records, code.inputType);
    const rows = readValues(input).map(
      (record): Row => ({ record, expected: expectedOf(code, fn, outputType, record) }),
    );
    const direct = runProgram(memory, compiled, input, rows);
    const mismatches = [...direct.mismatches];
    if (mismatches.length === 0) {
      mismatches.push(...(await runSegments(compiled, rows, outputRows, batchRows)));
    }
    const left = rows.filter(({ expected }) => expected.kind === "leaves").length;
    return { mismatches, givenUp: direct.givenUp, left };
  } finally {
    memory.dispose();
  }
}

/** Has instances of the merged module look like ones of the function's own. */
function useModuleOf(memory: TaskMemory, { index }: CompiledCase): void {
  const instantiate = memory.instantiate.bind(memory);
  memory.instantiate = <Exports>(owner: object, module: WebAssembly.Module, imports: object) => {
    const { exports } = instantiate<WebAssembly.Exports>(owner, module, { ...imports });
    return { exports: { ...exports, process: exports[processName(index)] } as Exports };
  };
}

function inputOf(memory: TaskMemory, records: readonly unknown[], type: DataType): BatchBuilder {
  // The time of a row says where in the input it came from.
  const timed = records.map((value, index) => ({ value, timestampMs: index }));
  return buildBatch(memory, timed, batchType(type));
}

function readValues(batch: BatchBuilder): readonly unknown[] {
  const reader = createRowReader(batch.schema);
  reader.open(batch);
  return Array.from({ length: batch.rowCount }, (_, row) => reader.read(row));
}

/** The compiled program alone, going on behind every record that it gives up. */
function runProgram(
  memory: TaskMemory,
  { module, outputType }: CompiledCase,
  input: BatchBuilder,
  rows: readonly Row[],
): { readonly mismatches: readonly Mismatch[]; readonly givenUp: readonly unknown[] } {
  const program = new CompiledProgram(memory, module, OPERATOR);
  const flags = BUILDER_WITH_TIMESTAMPS;
  const output = new BatchBuilder(memory, Schema.of(batchType(outputType)), { flags });
  const emitted: unknown[][] = rows.map(() => []);
  const skipped = new Set<number>();
  const cursor = { row: 0, step: 0 };
  for (let status = STATUS_OUTPUT_FULL; status !== STATUS_DONE; ) {
    status = program.process(input, output, cursor);
    for (const { row, value } of takeRows(output)) emitted[row]?.push(value);
    if (status !== STATUS_ROW_GIVEN_UP) continue;
    skipped.add(cursor.row);
    cursor.row += 1;
    cursor.step = 0;
  }
  return verdict(rows, emitted, skipped);
}

function takeRows(
  output: BatchBuilder,
): readonly { readonly row: number; readonly value: unknown }[] {
  const reader = createRowReader(output.schema);
  reader.open(output);
  const taken = Array.from({ length: output.rowCount }, (_, row) => ({
    row: Number(reader.readTimestamp(row)),
    value: reader.read(row),
  }));
  output.reset();
  return taken;
}

function verdict(
  rows: readonly Row[],
  emitted: readonly (readonly unknown[])[],
  skipped: ReadonlySet<number>,
): { readonly mismatches: readonly Mismatch[]; readonly givenUp: readonly unknown[] } {
  const mismatches: Mismatch[] = [];
  const givenUp: unknown[] = [];
  for (const [index, { record, expected }] of rows.entries()) {
    const values = emitted[index] ?? [];
    if (skipped.has(index)) {
      if (expected.kind === "emits") givenUp.push(record);
      if (values.length > 0) {
        mismatches.push({ record, what: `emits ${inspect(values)} and then gives up` });
      }
    } else if (expected.kind === "leaves") {
      const does = expected.thrown ? "throws" : "answers what the type cannot hold";
      mismatches.push({ record, what: `emits ${inspect(values)} where JavaScript ${does}` });
    } else if (!isSame(expected.values, values)) {
      const what = `emits ${inspect(values)} instead of ${inspect(expected.values)}`;
      mismatches.push({ record, what });
    }
  }
  return { mismatches: mismatches.slice(0, SHOWN_MAX), givenUp };
}

/** Whole segments, of what JavaScript does not throw at; then one each for some of what it does. */
async function runSegments(
  compiled: CompiledCase,
  rows: readonly Row[],
  outputRows: number,
  batchRows: number,
): Promise<readonly Mismatch[]> {
  const regular = rows.filter(({ expected }) => expected.kind === "emits");
  const throwing = rows
    .filter(({ expected }) => expected.kind === "leaves" && expected.thrown)
    .slice(0, THROWING_MAX);
  const mismatches = await runRegular(compiled, regular, outputRows, batchRows);
  const uncoded = await Promise.all(throwing.map((row) => runThrowing(compiled, row, outputRows)));
  return [...mismatches, ...uncoded.flat()];
}

async function runRegular(
  compiled: CompiledCase,
  rows: readonly Row[],
  outputRows: number,
  batchRows: number,
): Promise<readonly Mismatch[]> {
  const { segment, memory } = await openSegment(compiled, outputRows);
  try {
    for (let from = 0; from < rows.length; from += batchRows) {
      const part = rows.slice(from, from + batchRows);
      const records = part.map(({ record }) => record);
      const input = inputOf(memory, records, compiled.function.inputType);
      const emitted = await processBatch(segment, input);
      input.dispose();
      const { role, inputType } = compiled.function;
      const values = emitted.map(({ value, key }) =>
        role === "keySelector" ? keyedRow(value, inputType, key) : value,
      );
      const expected = part.flatMap((row) =>
        row.expected.kind === "emits" ? row.expected.values : [],
      );
      if (isSame(expected, values)) continue;
      return [{ record: records, what: `its segment emits ${inspect(values)} for these records` }];
    }
    return [];
  } finally {
    await segment.close();
    memory.dispose();
  }
}

async function runThrowing(
  compiled: CompiledCase,
  { record }: Row,
  outputRows: number,
): Promise<readonly Mismatch[]> {
  const { segment, memory } = await openSegment(compiled, outputRows);
  try {
    await processBatch(segment, inputOf(memory, [record], compiled.function.inputType));
    return [{ record, what: "its segment does not throw where JavaScript does" }];
  } catch (error) {
    const { code } = error as { readonly code?: string };
    return code !== undefined && USERS_ERRORS.test(code)
      ? []
      : [{ record, what: `its segment throws ${inspect(error)}` }];
  } finally {
    await segment.close().catch(() => {});
    memory.dispose();
  }
}

async function openSegment(
  compiled: CompiledCase,
  outputRows: number,
): Promise<{ readonly segment: CompiledSegment; readonly memory: TaskMemory }> {
  const { fn, module } = compiled;
  const functions = { [`${OPERATOR}/fn`]: fn, [`${OPERATOR}/key`]: fn };
  const { context, memory } = await createHarness(functions, [operatorOf(compiled)]);
  useModuleOf(memory, compiled);
  const [node] = createSegments({ ...context, moduleOf: () => module }, { outputRows });
  if (!(node?.segment instanceof CompiledSegment)) throw new TypeError("it was not compiled");
  await node.segment.open();
  return { segment: node.segment, memory };
}

function operatorOf({ function: { role, inputType }, outputType }: CompiledCase): OperatorSpec {
  const base = {
    id: OPERATOR,
    name: OPERATOR,
    input: null,
    inputType: batchType(inputType),
    engine: "wasm",
    module: MODULE,
  } as const;
  if (role !== "keySelector") return { ...base, kind: role, outputType: batchType(outputType) };
  const keyType = (outputType.kind === "TUPLE" ? outputType.fields.at(-1) : null) ?? null;
  return {
    ...base,
    kind: "key",
    outputType: batchType(inputType, keyType),
    selector: { kind: "function" },
    keyType,
    maxParallelism: 128,
  };
}
