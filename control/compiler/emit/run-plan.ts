/**
 * What a run of operators does with columns: which values each of its functions has to be given, of which
 * columns it has to be told the nulls, and which columns of the output are columns of the input as they
 * are. The latter are copied as a whole, with their nulls, where the run emits every row once, and are not
 * looked at row by row.
 */
import { presentOf } from "../front/nulls.ts";
import { guardedPath, passedInput, pathKey, usedInputs, visitEmissions } from "../front/usage.ts";
import { leavesOf as valuesOf } from "../front/visit.ts";
import type { Expr, IrType, Program, Statement } from "../ir.ts";
import { columnsOf, type Leaf } from "./columns.ts";
import { askedNulls, emittedNulls, NullBits } from "./nulls.ts";
import { passedPlaces } from "./passed-places.ts";

export interface RunPlan {
  /** Per operator, and last for the output: which leaves of what it takes it is given. */
  readonly taken: readonly (readonly boolean[])[];
  /** Likewise: the nulls in what it takes that it is told. */
  readonly nulls: readonly NullBits[];
  /** Per leaf of the output: the leaf of the input that is copied there; null = it is put row by row. */
  readonly passed: readonly (Leaf | null)[];
  /** Columns whose nulls are copied. */
  readonly passedNulls: readonly ColumnCopy[];
  /** Every row is emitted once. */
  readonly isOneToOne: boolean;
  /** Nothing is done with any row but passing it on, unless one of `nulls` is in it. */
  readonly isCopy: boolean;
}

interface ColumnCopy {
  /** Column of the input. */
  readonly from: number;
  /** Column of the output. */
  readonly to: number;
}

export interface PlannedOperator {
  readonly program: Program;
  /** Leaves of its input. */
  readonly leaves: readonly Leaf[];
}

/** Of operator `index`, or where that is their number, of the output. */
export function nullsAt({ nulls }: Pick<RunPlan, "nulls">, index: number): NullBits {
  const bits = nulls[index];
  if (bits === undefined) throw new TypeError(`there is no operator ${index}`);
  return bits;
}

/** @param outputs leaves of what the last operator emits */
export function planRun(operators: readonly PlannedOperator[], outputs: readonly Leaf[]): RunPlan {
  const [first, last] = [operators[0], operators.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError("a run needs an operator");
  const types = [first.program.inputType, last.program.outputType] as const;
  const isOneToOne = operators.every(({ program }) => emissionsOf(program.body) === 1);
  const places = isOneToOne
    ? passedPlaces(operators.map(({ program }) => program))
    : new Map<string, string>();
  const passed = outputs.map(({ path }) => leafAt(first, places.get(pathKey(path))));
  const isCopied = passed.map((leaf) => leaf !== null);
  const taken = takenByAll(operators, outputs, isCopied);
  const put = emittedNulls(last.program).filter((path) => !places.has(pathKey(path)));
  const nulls = nullsForAll(operators, new NullBits(last.program.outputType, put));
  const isCopy =
    isOneToOne &&
    taken.every((leaves) => !leaves.includes(true)) &&
    operators.every(({ program: { body } }) => body.every(isEmissionOrGuard));
  return { taken, nulls, passed, passedNulls: nullCopies(types, places), isOneToOne, isCopy };
}

function isEmissionOrGuard(statement: Statement): boolean {
  return statement.do === "emit" || guardedPath(statement) !== null;
}

function leafAt({ leaves }: PlannedOperator, place: string | undefined): Leaf | null {
  return leaves.find(({ path }) => pathKey(path) === place) ?? null;
}

/** How many rows a block emits on every path; null = it depends. */
function emissionsOf(body: readonly Statement[]): number | null {
  let sum = 0;
  for (const statement of body) {
    const count = emissionsOfOne(statement);
    if (count === null) return null;
    sum += count;
  }
  return sum;
}

function emissionsOfOne(statement: Statement): number | null {
  switch (statement.do) {
    case "emit":
      return 1;
    case "if": {
      const count = emissionsOf(statement.then);
      return count === emissionsOf(statement.else) ? count : null;
    }
    case "each":
    case "while":
      return emissionsOf(statement.body) === 0 ? 0 : null;
    default:
      return 0;
  }
}

function takenByAll(
  operators: readonly PlannedOperator[],
  outputs: readonly Leaf[],
  isCopied: readonly boolean[],
): readonly (readonly boolean[])[] {
  // The bytes of texts are counted row by row, or an output could become too large.
  let taken: readonly boolean[] = outputs.map(
    ({ machine }, index) => isCopied[index] !== true || machine === "text",
  );
  const all = [taken];
  for (const [index, operator] of [...operators.entries()].reverse()) {
    taken = takenLeaves(operator, operators[index - 1]?.program ?? null, taken);
    all.unshift(taken);
  }
  return all;
}

/** What an operator works with or has to hand on; and what the one before computes, whatever it throws at. */
function takenLeaves(
  { program, leaves }: PlannedOperator,
  before: Program | null,
  handedOn: readonly boolean[],
): readonly boolean[] {
  const used = new Set(usedInputs(program).map(pathKey));
  visitEmissions(program.body, (value, guarded) => {
    for (const [index, leaf] of valuesOf(value).entries()) {
      const path = handedOn[index] === true ? passedInput(leaf, guarded) : null;
      if (path !== null) used.add(pathKey(path));
    }
  });
  const computed = before === null ? new Set<number>() : computedLeaves(before);
  return leaves.map(({ path }, index) => used.has(pathKey(path)) || computed.has(index));
}

function computedLeaves({ body }: Program): ReadonlySet<number> {
  const computed = new Set<number>();
  visitEmissions(body, (value) => {
    for (const [index, leaf] of valuesOf(value).entries()) {
      if (isComputed(presentOf(leaf))) computed.add(index);
    }
  });
  return computed;
}

/** Neither a column nor a constant, which is all that stands for values nobody reads. */
function isComputed({ op }: Expr): boolean {
  return op !== "input" && !op.endsWith("-literal");
}

function nullsForAll(operators: readonly PlannedOperator[], output: NullBits): readonly NullBits[] {
  const all = [output];
  let next = output;
  for (const [index, { program }] of [...operators.entries()].reverse()) {
    const before = operators[index - 1];
    const possible =
      before === undefined ? null : new Set(emittedNulls(before.program).map(pathKey));
    const asked = askedNulls(program, next).filter((path) => possible?.has(pathKey(path)) ?? true);
    next = new NullBits(program.inputType, asked);
    all.unshift(next);
  }
  return all;
}

function nullCopies(
  [input, output]: readonly [IrType, IrType],
  places: ReadonlyMap<string, string>,
): readonly ColumnCopy[] {
  const [inputs, outputs] = [columnsOf(input), columnsOf(output)];
  return [...places].flatMap(([toPlace, fromPlace]) => {
    const [from, to] = [inputs.get(fromPlace), outputs.get(toPlace)];
    // A record as a whole is never null.
    return fromPlace === "" || from === undefined || to === undefined ? [] : [{ from, to }];
  });
}
