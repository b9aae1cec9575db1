/** Source text that checks a tuple or row in variable `v` and puts its fields at index `i`. */
import type { DataType } from "../protocol/types.ts";
import type { MissingFields } from "./type-check.ts";

/** @param columns first physical column of each field */
export function checkRecord(
  type: DataType,
  columns: readonly number[],
  missing: MissingFields,
): string {
  switch (type.kind) {
    case "TUPLE":
      return [
        `if (!Array.isArray(v) || v.length !== ${columns.length}) throw mismatch;`,
        ...columns.map((c, index) => `put${c}(v[${index}], i);`),
      ].join("\n");
    case "ROW":
      return checkRow(
        type.fields.map((field) => field.name),
        columns,
        missing,
      );
    default:
      return `put${columns[0]}(v, i);`;
  }
}

function checkRow(
  names: readonly string[],
  columns: readonly number[],
  missing: MissingFields,
): string {
  const lines = ['if (typeof v !== "object" || Array.isArray(v)) throw mismatch;'];
  if (missing === "null") {
    lines.push(
      "const prototype = Object.getPrototypeOf(v);",
      "if (prototype !== Object.prototype && prototype !== null) throw mismatch;",
    );
  }
  lines.push("let fields = 0;", "for (const _ in v) ++fields;", "let absent = 0;");
  names.forEach((name, index) => {
    const text = JSON.stringify(name);
    const c = columns[index];
    const onAbsent = missing === "null" ? "++absent;" : "throw mismatch;";
    lines.push(
      `const v${c} = ${fieldExpression(name)};`,
      `if (v${c} === undefined && !(${hasExpression(name, text)})) ${onAbsent}`,
      `put${c}(v${c}, i);`,
    );
  });
  const list = JSON.stringify(names);
  lines.push(
    `if (fields !== ${names.length} - absent && hasExtraFields(v, ${list})) throw mismatch;`,
  );
  return `{\n${lines.join("\n")}\n}`;
}

/** What every object inherits does not count as a field; see fieldOf() in type-check.ts. */
function fieldExpression(name: string): string {
  const text = JSON.stringify(name);
  return name in Object.prototype
    ? `(Object.hasOwn(v, ${text}) ? v[${text}] : undefined)`
    : `v[${text}]`;
}

function hasExpression(name: string, text: string): string {
  return name in Object.prototype ? `Object.hasOwn(v, ${text})` : `${text} in v`;
}
