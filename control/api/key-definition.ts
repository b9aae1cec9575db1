/** What keyBy() and its like are given, as the plan wants it. */
import type { KeySelectorSpec } from "../../dataplane/protocol/deployment.ts";
import { describeValue } from "../common/describe-value.ts";
import { descriptorOf } from "../common/types.ts";
import type { KeyDefinition } from "../plan/stream-graph.ts";
import { checkFunction, invalidFunction } from "./functions.ts";

/** A selector and the type of its keys, or fields. Throws MR_FUNCTION_INVALID. */
export function keyDefinition(
  first: unknown,
  rest: readonly unknown[],
  operation = "keyBy()",
): KeyDefinition {
  if (typeof first === "string" || typeof first === "number") {
    const fields = [first, ...rest].map((field) => checkField(field, operation));
    const selector: KeySelectorSpec =
      fields.length === 1
        ? { kind: "field", field: checkField(first, operation) }
        : { kind: "fields", fields };
    return { selector, function: null, type: null };
  }
  checkFunction(first, { operation, method: "getKey" });
  const [keyType] = rest;
  const type = keyType === undefined ? null : descriptorOf(keyType, operation);
  return { selector: { kind: "function" }, function: first, type };
}

/** The name of a field, or its position in a tuple. Throws MR_FUNCTION_INVALID. */
export function checkField(field: unknown, operation: string): string | number {
  if (typeof field === "string" && field !== "") return field;
  if (typeof field === "number" && Number.isInteger(field) && field >= 0) return field;
  throw invalidFunction(operation, "the name or position of a field", describeValue(field));
}
