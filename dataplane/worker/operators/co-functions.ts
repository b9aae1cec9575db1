/** connect().map() and connect().flatMap(): a function per input, without timers. */
import { EngineError } from "../../protocol/errors.ts";
import { iteratorOf } from "./function-results.ts";
import { collectedLate } from "./row-pipeline.ts";
import type { Timestamp } from "./row-target.ts";
import type { OperatorHost, StreamOperator } from "./stream-operator.ts";
import { type FunctionOwner, UserFunction } from "./user-function.ts";

/** What becomes of a record, by the method of its input. */
type Call = (fn: UserFunction, record: unknown, timestampMs: Timestamp) => void;

/** Errors: MR_FUNCTION_INVALID. */
export function createCoFunction(
  kind: "map" | "flatMap",
  fn: unknown,
  owner: FunctionOwner,
  host: OperatorHost,
): StreamOperator {
  const methods = [1, 2].map((input) => new UserFunction(owner, fn, `${kind}${input}`));
  return new CoFunctionOperator(methods, host, kind === "map" ? mapInto(host) : flatMapInto(host));
}

class CoFunctionOperator implements StreamOperator {
  /** Methods of one object: the first opens and closes it. */
  readonly #methods: readonly UserFunction[];
  readonly #host: OperatorHost;
  readonly #call: Call;

  constructor(methods: readonly UserFunction[], host: OperatorHost, call: Call) {
    this.#methods = methods;
    this.#host = host;
    this.#call = call;
  }

  async open(): Promise<void> {
    await this.#methods[0]?.open(this.#host.runtimeContext);
  }

  processElement(record: unknown, timestampMs: Timestamp, which: number): void {
    this.#call(this.#methods[which] as UserFunction, record, timestampMs);
  }

  onEventTime(): void {}

  onProcessingTime(): void {}

  endOfInput(): void {}

  async close(): Promise<void> {
    await this.#methods[0]?.close();
  }
}

function mapInto(host: OperatorHost): Call {
  return (fn, record, timestampMs) =>
    host.collect(checkRecord(fn.invoke(record, record), fn), timestampMs);
}

function flatMapInto(host: OperatorHost): Call {
  return (fn, record, timestampMs) => {
    let isActive = true;
    const collect = (item: unknown): void => {
      if (!isActive) throw collectedLate(fn);
      host.collect(checkRecord(item, fn), timestampMs);
    };
    const result = fn.invoke(record, record, { collect });
    isActive = false;
    const items = iteratorOf(result, fn);
    if (items === null) return;
    for (let next = pull(items, fn, record); next !== null; next = pull(items, fn, record)) {
      host.collect(checkRecord(next.item, fn), timestampMs);
    }
  };
}

/** null = there are no more. */
function pull(
  items: Iterator<unknown>,
  fn: UserFunction,
  record: unknown,
): { readonly item: unknown } | null {
  try {
    const { done, value } = items.next();
    return done === true ? null : { item: value };
  } catch (error) {
    throw fn.threw(error, record);
  }
}

function checkRecord(record: unknown, fn: UserFunction): unknown {
  if (record !== null && record !== undefined) return record;
  const operator = fn.owner.operatorName;
  throw new EngineError("MR_RECORD_NULL", { operator, value: String(record) });
}
