/**
 * The program of a `key` operator, which emits the record with its key behind. The key column lies behind
 * the columns of the record as one more field of a tuple would, so that a tuple it is for the compiler.
 */
import { type Expr, type IrType, type Program, type Statement, typeOf, type Value } from "../ir.ts";
import { ifStatement } from "./code.ts";
import { callOf } from "./conversions.ts";
import { absenceOf, NEVER, presentOf } from "./nulls.ts";
import { inputValue } from "./records.ts";

/** @param selector emits the key of a record, once */
export function keyedProgram(selector: Program): Program {
  const { inputType, outputType, body } = selector;
  const record = inputValue(inputType);
  const fields = record.kind === "record" ? record.fields : [record];
  const type: IrType = { kind: "TUPLE", fields: [...fieldTypes(inputType), outputType] };
  const keyed = (key: Value): readonly Statement[] => {
    const value: Value = {
      kind: "record",
      fields: [...fields, checkedKey(key)],
      type,
      isNull: null,
    };
    return [...nullGuards(key), { do: "emit", value }];
  };
  return { inputType, outputType: type, body: withEmissions(body, keyed) };
}

function fieldTypes(record: IrType): readonly IrType[] {
  if (record.kind === "TUPLE") return record.fields;
  return record.kind === "ROW" ? record.fields.map((field) => field.type) : [record];
}

/** Null and NaN are no keys, nor parts of one: JavaScript has the row, and says so. */
function checkedKey(key: Value): Value {
  if (key.kind === "record") return { ...key, fields: key.fields.map(checkedKey), isNull: null };
  return { kind: "scalar", value: checkedScalar(presentOf(key.value)) };
}

function nullGuards(key: Value): readonly Statement[] {
  const isNull = key.kind === "record" ? (key.isNull ?? NEVER) : absenceOf(key.value);
  const inner = key.kind === "record" ? key.fields.flatMap(nullGuards) : [];
  const guard = ifStatement(isNull, [{ do: "give-up" }], []);
  return isNull === NEVER ? inner : [guard, ...inner];
}

function checkedScalar(expr: Expr): Expr {
  const type = typeOf(expr);
  const isDouble = type.kind === "NUMBER" || type.kind === "DOUBLE";
  return isDouble ? callOf("number.notNaN", [expr], type) : expr;
}

function withEmissions(
  statements: readonly Statement[],
  change: (value: Value) => readonly Statement[],
): readonly Statement[] {
  return statements.flatMap((statement): readonly Statement[] => {
    switch (statement.do) {
      case "emit":
        return change(statement.value);
      case "if": {
        const then = withEmissions(statement.then, change);
        return [ifStatement(statement.test, then, withEmissions(statement.else, change))];
      }
      case "each":
      case "while":
        return [{ ...statement, body: withEmissions(statement.body, change) }];
      default:
        return [statement];
    }
  });
}
