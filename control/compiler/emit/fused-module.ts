/**
 * A run of operators as one AssemblyScript module: a loop over the rows of a view, a function per
 * operator, each calling the next, and an output that writes the columns of a builder. Columns that pass
 * through unchanged are copied behind the loop (run-plan.ts).
 *
 * export process(view, builder, row, skip): a status; `nextRow` and `emitted` say where it stopped. See
 * worker/operators/compiled-segment.ts for what each status means.
 */
import type { DataType } from "../../../dataplane/protocol/types.ts";
import { exceeds } from "../front/size.ts";
import { visitStatements } from "../front/visit.ts";
import type { Program, Statement } from "../ir.ts";
import { type Leaf, leavesOf, type Machine } from "./columns.ts";
import { withoutDeadColumns } from "./dead-columns.ts";
import { earlyTest, leavesRead, rejectLines } from "./early-test.ts";
import { ModuleSource, STATIC_BYTES_MAX } from "./module-source.ts";
import { WORD_BITS, wordName } from "./nulls.ts";
import { leafName, operatorFunctionLines, parameterText } from "./operator-function.ts";
import { hasLoop, processLines } from "./process-function.ts";
import { nullsAt, type PlannedOperator, planRun, type RunPlan } from "./run-plan.ts";

export interface FusedOperator {
  /** For the comment at the head of the module. */
  readonly about: string;
  readonly program: Program;
}

export type FusedModule =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

/** Generated code over this many characters is not compiled. */
const TEXT_MAX = 262_144;

/**
 * Functions up to this size are part of both loops over rows (process-function.ts), if they are called at one
 * place: larger ones take long enough for a call not to matter.
 */
const INLINED_NODES_MAX = 300;

export function fusedModule(operators: readonly FusedOperator[]): FusedModule {
  const [first] = operators;
  const last = operators.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("a module needs an operator");
  const source = new ModuleSource();
  const planned: PlannedOperator[] = [];
  for (const program of withoutDeadColumns(operators.map(({ program }) => program))) {
    const leaves = leavesOf(program.inputType);
    if (leaves === null) return refused(program.inputType);
    planned.push({ program, leaves });
  }
  const outputs = leavesOf(last.program.outputType);
  if (outputs === null) return refused(last.program.outputType);
  const plan = planRun(planned, outputs);
  if (hasLoop(plan)) source.add(...rowLines(planned, outputs, plan, source));
  const leaves = takenOf(planned[0]?.leaves ?? [], plan.taken[0]);
  const test = plan.isCopy ? null : earlyTest(planned[0]?.program ?? first.program);
  if (test !== null) {
    const parameters = leavesRead(test, leaves).map((leaf) => parameterText(leaf, source));
    source.add(rejectLines(test, parameters, source));
  }
  source.add(processLines({ leaves, test }, outputs, plan, source));
  return sourceText(
    source,
    operators.map(({ about }) => about),
  );
}

/** What is written, if it may be compiled. */
export function sourceText(source: ModuleSource, about: readonly string[]): FusedModule {
  if (source.staticBytes > STATIC_BYTES_MAX) {
    return { ok: false, reason: `its string constants take more than ${STATIC_BYTES_MAX} bytes` };
  }
  if (source.refusal !== null) return { ok: false, reason: source.refusal };
  const text = source.text(about);
  if (text.length > TEXT_MAX) return { ok: false, reason: "the generated code is too long" };
  return { ok: true, text };
}

export function refused(type: DataType): FusedModule {
  return { ok: false, reason: `records with a LIST (${type.kind}) are not compiled` };
}

const PUTS: Readonly<Record<Machine, string>> = {
  f64: "putF64",
  i32: "putI32",
  i64: "putI64",
  bool: "putBool",
  text: "putText",
};

/** The functions that a row goes through. */
function rowLines(
  operators: readonly PlannedOperator[],
  outputs: readonly Leaf[],
  plan: RunPlan,
  source: ModuleSource,
): readonly (readonly string[])[] {
  let isInlined = true;
  const functions = operators.map(({ program, leaves }, index) => {
    isInlined &&= !exceeds(program, INLINED_NODES_MAX);
    const operator = {
      name: `operator${index}`,
      isInlined,
      program,
      leaves: takenOf(leaves, plan.taken[index]),
      next: index + 1 === operators.length ? "output" : `operator${index + 1}`,
      taken: plan.taken[index + 1] ?? [],
      nulls: nullsAt(plan, index),
      nextNulls: nullsAt(plan, index + 1),
    };
    isInlined &&= emissionsIn(program.body) === 1;
    return operatorFunctionLines(operator, source);
  });
  return [...functions, outputLines(outputs, plan, source)];
}

/** Places where a row is emitted. */
function emissionsIn(body: readonly Statement[]): number {
  let count = 0;
  visitStatements(body, ({ do: kind }) => {
    if (kind === "emit") count += 1;
  });
  return count;
}

function takenOf(leaves: readonly Leaf[], taken: readonly boolean[] = []): readonly Leaf[] {
  return leaves.filter((_, index) => taken[index] === true);
}

/** Of a plan, what the last function needs. */
export type OutputPlan = Pick<RunPlan, "taken" | "passed" | "nulls" | "isOneToOne">;

export function outputLines(
  outputs: readonly Leaf[],
  plan: OutputPlan,
  source: ModuleSource,
): readonly string[] {
  const leaves = takenOf(outputs, plan.taken.at(-1));
  const nulls = nullsAt(plan, plan.nulls.length - 1);
  const parameters = leaves.map((leaf) => parameterText(leaf, source));
  const puts = leaves.map((leaf) => {
    if (plan.passed[outputs.indexOf(leaf)] !== null) {
      return `  ${source.use("row-output", "countText")}(${leafName(leaf.path)});`;
    }
    const put = source.use("row-output", PUTS[leaf.machine]);
    return `  ${put}(${leaf.column}, ${leafName(leaf.path)});`;
  });
  const putNulls = nulls.words.map((word) => {
    const put = source.use("row-output", "putNulls");
    return `  if (${wordName(word)} !== 0) ${put}(${wordName(word)}, ${word * WORD_BITS});`;
  });
  return [
    "@inline",
    `function output(${[...parameters, ...nulls.parameters].join(", ")}): void {`,
    `  if (!${source.use("row-output", "outputBegin")}()) return;`,
    ...puts,
    ...putNulls,
    ...(plan.isOneToOne ? [] : stampLines(source)),
    `  ${source.use("row-output", "outputEnd")}();`,
    "}",
  ];
}

/** Where rows are emitted one for one, their timestamps are copied behind the loop. */
function stampLines(source: ModuleSource): readonly string[] {
  const [stamps, stamp] = ["outputStamps", "outputStamp"].map((name) =>
    source.use("row-output", name),
  );
  return [`  if (${stamps}()) ${stamp}();`];
}
