/** Rich functions of map, flatMap and filter as what a process function does with a record. */
import type { Collector } from "../../functions/collector.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { iteratorOf, notBoolean } from "./function-results.ts";
import type { UserFunction } from "./user-function.ts";

export type FunctionForm = Extract<OperatorSpec, { readonly kind: "process" }>["form"];

/** @returns what to call with a record; its answer is for the caller to check */
export function applyFunction(
  form: Exclude<FunctionForm, "process">,
  fn: UserFunction,
  out: Collector<unknown>,
): (record: unknown) => unknown {
  switch (form) {
    case "map":
      return (record) => {
        const result = fn.call(record);
        if (result instanceof Promise) return result;
        out.collect(result);
        return undefined;
      };
    case "filter":
      return (record) => {
        const keeps = fn.call(record);
        if (keeps instanceof Promise) return keeps;
        if (typeof keeps !== "boolean") throw notBoolean(keeps, fn);
        if (keeps) out.collect(record);
        return undefined;
      };
    case "flatMap":
      return (record) => {
        const result = fn.call(record, out);
        if (result instanceof Promise) return result;
        const records = iteratorOf(result, fn);
        if (records === null) return undefined;
        for (const one of { [Symbol.iterator]: () => records }) out.collect(one);
        return undefined;
      };
  }
}
