/** Checks on what programs hand to the classes of this folder. */
import { EngineError } from "../protocol/errors.ts";

/** `value` if it is a string that is not empty. Errors: MR_FUNCTION_INVALID. */
export function checkName(value: unknown, operation: string, expected: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: shown(value) });
}

/** `value` if it is a function, or an object with all the methods. Errors: MR_FUNCTION_INVALID. */
export function checkMethods<T>(
  value: T,
  operation: string,
  methods: readonly string[],
  expected = `an object with ${methods.join("(), ")}()`,
): T {
  const object = value as Readonly<Record<string, unknown>> | null | undefined;
  if (methods.every((method) => typeof object?.[method] === "function")) return value;
  throw new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: shown(value) });
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
