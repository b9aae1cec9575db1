/**
 * What a run of operators does with columns: which values each of its functions has to be given, and
 * which columns of the output are columns of the input as they are. The latter are copied as a whole
 * where the run emits every row once, and are not looked at row by row.
 */
import { usedInputs } from "../front/usage.ts";
import { leavesOf as valuesOf, visitStatements } from "../front/visit.ts";
import type { Expr, Program, Statement } from "../ir.ts";
import type { Leaf } from "./columns.ts";
import { pathKey } from "./input-paths.ts";

export interface RunPlan {
  /** Per operator, and last for the output: which leaves of what it takes it is given. */
  readonly taken: readonly (readonly boolean[])[];
  /** Per leaf of the output: the leaf of the input that is copied there; null = it is put row by row. */
  readonly passed: readonly (Leaf | null)[];
  /** Every row is emitted once. */
  readonly isOneToOne: boolean;
  /** Nothing is done with any row but passing it on. */
  readonly isCopy: boolean;
}

export interface PlannedOperator {
  readonly program: Program;
  /** Leaves of its input. */
  readonly leaves: readonly Leaf[];
}

/** @param outputs leaves of what the last operator emits */
export function planRun(operators: readonly PlannedOperator[], outputs: readonly Leaf[]): RunPlan {
  const isOneToOne = operators.every(({ program }) => emissionsOf(program.body) === 1);
  const passed = isOneToOne ? passedLeaves(operators, outputs.length) : outputs.map(() => null);
  // The bytes of texts are counted row by row, or an output could become too large.
  let taken: readonly boolean[] = outputs.map(
    ({ machine }, index) => passed[index] === null || machine === "text",
  );
  const all = [taken];
  for (const [index, operator] of [...operators.entries()].reverse()) {
    taken = takenLeaves(operator, operators[index - 1]?.program ?? null, taken);
    all.unshift(taken);
  }
  const isCopy =
    isOneToOne &&
    all.every((leaves) => !leaves.includes(true)) &&
    operators.every(({ program: { body } }) => body.length === 1 && body[0]?.do === "emit");
  return { taken: all, passed, isOneToOne, isCopy };
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

function passedLeaves(
  operators: readonly PlannedOperator[],
  outputCount: number,
): readonly (Leaf | null)[] {
  return Array.from({ length: outputCount }, (_, index) => {
    let place: number | null = index;
    let leaf: Leaf | null = null;
    for (const operator of [...operators].reverse()) {
      place = place === null ? null : passedFrom(operator, place);
      leaf = place === null ? null : (operator.leaves[place] ?? null);
    }
    return leaf;
  });
}

/** Which leaf of its input an operator emits as leaf `index`, whenever it emits; null = not always one. */
function passedFrom({ program, leaves }: PlannedOperator, index: number): number | null {
  const places = emittedAt(program, index).map((expr) => inputPlace(expr, leaves));
  const [first = null] = places;
  return places.every((place) => place === first) ? first : null;
}

function inputPlace(expr: Expr, leaves: readonly Leaf[]): number | null {
  if (expr.op !== "input") return null;
  const key = pathKey(expr.path);
  return leaves.findIndex(({ path }) => pathKey(path) === key);
}

function emittedAt({ body }: Program, index: number): readonly Expr[] {
  const emitted: Expr[] = [];
  visitStatements(body, (statement) => {
    if (statement.do !== "emit") return;
    const value = valuesOf(statement.value)[index];
    if (value !== undefined) emitted.push(value);
  });
  return emitted;
}

/** What an operator works with or has to hand on; and what the one before computes, whatever it throws at. */
function takenLeaves(
  { program, leaves }: PlannedOperator,
  before: Program | null,
  handedOn: readonly boolean[],
): readonly boolean[] {
  const used = new Set(usedInputs(program).map(pathKey));
  for (const [index, isTaken] of handedOn.entries()) {
    if (!isTaken) continue;
    for (const expr of emittedAt(program, index)) {
      if (expr.op === "input") used.add(pathKey(expr.path));
    }
  }
  return leaves.map(
    ({ path }, index) =>
      used.has(pathKey(path)) || (before !== null && emittedAt(before, index).some(isComputed)),
  );
}

/** Neither a column nor a constant, which is all that stands for values nobody reads. */
function isComputed({ op }: Expr): boolean {
  return op !== "input" && !op.endsWith("-literal");
}
