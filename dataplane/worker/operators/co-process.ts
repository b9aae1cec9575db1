/** connect().map(), flatMap() and process(): one object with a method per input. */
import type { CoFunctionKind } from "../../protocol/deployment.ts";
import { FunctionContext } from "./function-context.ts";
import { applyFunction } from "./function-forms.ts";
import { ProcessOperator } from "./process-operator.ts";
import type { OperatorHost } from "./stream-operator.ts";
import { UserCalls } from "./user-calls.ts";
import { type FunctionOwner, UserFunction } from "./user-function.ts";

/** Errors: MR_FUNCTION_INVALID. */
export function createCoProcessOperator(
  kind: CoFunctionKind,
  object: unknown,
  owner: FunctionOwner,
  host: OperatorHost,
): ProcessOperator {
  const method = kind === "process" ? "processElement" : kind;
  const first = new UserFunction(owner, object, `${method}1`);
  const second = new UserFunction(owner, object, `${method}2`);
  const calls = new UserCalls(host);
  const context = new FunctionContext(host, calls);
  const elements = [first, second].map((fn) => ({
    fn: kind === "process" ? fn.call : applyFunction(kind, fn, calls),
    context,
  }));
  const onTimer = kind === "process" ? first.optional("onTimer") : null;
  return new ProcessOperator({
    host,
    fn: first,
    calls,
    elements,
    onTimer: onTimer && { fn: onTimer, context },
  });
}
