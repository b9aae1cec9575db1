/** What a partitioner is called with: the key of the record, which is found first, and the channels. */
import type { Partition } from "../../plan/function-analysis.ts";
import type { IrType } from "../ir.ts";
import { runLists } from "./built-lists.ts";
import type { Captures } from "./captures.ts";
import { numberLiteral } from "./literals.ts";
import type { Lowering } from "./lowering.ts";
import { calledFunction } from "./parse.ts";
import { inputTerm } from "./records.ts";
import { METHODS } from "./roles.ts";
import type { Term } from "./scope.ts";
import { mapScalars, scalar } from "./terms.ts";

export function partitionTerms(
  lowering: Lowering,
  { key, channels }: Partition,
  inputType: IrType,
  captures: Captures,
): readonly Term[] {
  const term = keyTerm(lowering, key, inputType, captures);
  // The selector is called for its exceptions too, whether the partitioner looks at the key or not.
  const kept = mapScalars(term, (expr) => lowering.code.discard(expr));
  runLists(lowering, kept);
  return [kept, scalar(numberLiteral(channels))];
}

function keyTerm(lowering: Lowering, key: unknown, inputType: IrType, captures: Captures): Term {
  if (typeof key === "number") {
    const { type, path } = fieldAt(inputType, key);
    return inputTerm(type, path);
  }
  const callee = captures.functionOf(calledFunction(key, METHODS.keySelector));
  const record = inputTerm(inputType);
  return lowering.call({ callee, args: [() => record], use: "value", node: callee.node });
}

function fieldAt(record: IrType, index: number): { type: IrType; path: readonly number[] } {
  const field =
    record.kind === "TUPLE"
      ? record.fields[index]
      : record.kind === "ROW"
        ? record.fields[index]?.type
        : undefined;
  return field === undefined ? { type: record, path: [] } : { type: field, path: [index] };
}
