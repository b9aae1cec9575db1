/** Function objects with a life cycle (after Flink's rich functions). */
import { EngineError } from "../protocol/errors.ts";
import type { Collector, Emitted } from "./collector.ts";
import type { RuntimeContext } from "./runtime-context.ts";

/** Beside the functions, so that any object with the same methods is as good as one of these. */
const contexts = new WeakMap<object, RuntimeContext>();

/** Says what getRuntimeContext() of a function answers; before its open(). */
export function setRuntimeContext(fn: object, context: RuntimeContext): void {
  contexts.set(fn, context);
}

/**
 * A function that is opened before its first record and closed after its last, also when the job fails.
 * @public
 */
export abstract class AbstractRichFunction {
  /** Where state is obtained. @param _context as getRuntimeContext() */
  open(_context: RuntimeContext): void | Promise<void> {}

  close(): void | Promise<void> {}

  /** From open() on. Throws MR_FUNCTION_INVALID before. */
  getRuntimeContext(): RuntimeContext {
    const context = contexts.get(this);
    if (context !== undefined) return context;
    throw new EngineError("MR_FUNCTION_INVALID", {
      operation: "getRuntimeContext()",
      expected: "a call in open() or later",
      actual: "an earlier one",
    });
  }
}

/** @public */
export abstract class RichMapFunction<T, R> extends AbstractRichFunction {
  abstract map(value: T): R;
}

/** @public */
export abstract class RichFlatMapFunction<T, R> extends AbstractRichFunction {
  abstract flatMap(value: T, out: Collector<R>): Emitted<R>;
}

/** @public */
export abstract class RichFilterFunction<T> extends AbstractRichFunction {
  abstract filter(value: T): boolean;
}
