/**
 * User functions: plain functions, or objects with Flink's method names and an optional open() and
 * close(). What they throw becomes an error that names operator, record and source position.
 */
import type { RuntimeContext } from "../../connectors/runtime-context.ts";
import { recordText, refuseAsync, sourcePosition } from "../../connectors/user-code.ts";
import { kindText } from "../../formats/type-text.ts";
import { setRuntimeContext } from "../../functions/rich-function.ts";
import { EngineError } from "../../protocol/errors.ts";
import { FunctionSharing } from "./shared-function.ts";

type AnyFunction = (...values: readonly unknown[]) => unknown;

interface FunctionObject {
  open?(context: RuntimeContext): unknown;
  close?(): unknown;
}

/** Whose function it is. */
export interface FunctionOwner {
  readonly operatorName: string;
  readonly subtaskIndex: number;
}

export class UserFunction {
  readonly owner: FunctionOwner;
  /** Calls the user's code as it is; errors are the caller's to explain with `threw`. */
  readonly call: AnyFunction;
  /** Parameters it declares. */
  readonly arity: number;
  /** It is a method of an object. */
  readonly isMethod: boolean;
  readonly #object: FunctionObject | null;
  #isOpen = false;
  #context: RuntimeContext | null = null;
  #sharing: FunctionSharing | null = null;

  /**
   * @param method name of the method of the object form
   * Errors: MR_FUNCTION_INVALID.
   */
  constructor(owner: FunctionOwner, fn: unknown, method: string) {
    this.owner = owner;
    if (typeof fn === "function") {
      this.#object = null;
      this.isMethod = false;
      this.call = fn as AnyFunction;
      this.arity = fn.length;
      return;
    }
    const called = (fn as Readonly<Record<string, unknown>> | null | undefined)?.[method];
    if (typeof called !== "function") {
      throw new EngineError("MR_FUNCTION_INVALID", {
        operation: `${method} (${owner.operatorName})`,
        expected: `a function, or an object with ${method}()`,
        actual: kindText(fn),
      });
    }
    this.#object = fn as FunctionObject;
    this.isMethod = true;
    this.call = called.bind(fn) as AnyFunction;
    this.arity = called.length;
  }

  /** Another method of the object form; null = there is none. */
  optional(method: string): AnyFunction | null {
    const called = (this.#object as Readonly<Record<string, unknown>> | null)?.[method];
    return typeof called === "function" ? (called.bind(this.#object) as AnyFunction) : null;
  }

  /** Errors: MR_FUNCTION_THREW. */
  async open(context: RuntimeContext): Promise<void> {
    this.#isOpen = true;
    const object = this.#object;
    if (object === null) return;
    this.#context = context;
    this.#sharing = FunctionSharing.of(object);
    const seen = this.#sharing.open(context);
    setRuntimeContext(object, seen);
    try {
      await object.open?.(seen);
    } catch (error) {
      throw this.failed(error, "open()");
    }
  }

  /** Before calls of a function that may use what it has got in open(). */
  enter(): void {
    if (this.#context !== null) this.#sharing?.enter(this.#context);
  }

  /** Only if open() was called, whether or not that succeeded. Errors: MR_FUNCTION_THREW. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.enter();
    this.#sharing?.close();
    try {
      await this.#object?.close?.();
    } catch (error) {
      throw this.failed(error, "close()");
    }
  }

  /** Calls it about a record. Errors: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC. */
  invoke(record: unknown, ...values: readonly unknown[]): unknown {
    this.enter();
    let result: unknown;
    try {
      result = this.call(...values);
    } catch (error) {
      throw error instanceof EngineError ? error : this.threw(error, record);
    }
    this.checkSync(result);
    return result;
  }

  /** The error for what the function threw at a record. */
  threw(error: unknown, record: unknown): EngineError {
    return this.failed(error, recordText(record));
  }

  /** Errors: MR_FUNCTION_ASYNC. */
  checkSync(result: unknown): void {
    refuseAsync(result, this.owner.operatorName);
  }

  failed(error: unknown, record: string): EngineError {
    const { operatorName, subtaskIndex } = this.owner;
    const cause = error instanceof Error ? error : new Error(String(error));
    const details = {
      operator: operatorName,
      subtask: subtaskIndex,
      position: error instanceof Error ? sourcePosition(error) : "an unknown position",
      record,
      message: cause.message,
    };
    return new EngineError("MR_FUNCTION_THREW", details, cause);
  }
}

/** Closes all, in reverse order, whatever some of them throw; the first error is thrown at the end. */
export async function closeAll(
  closeables: readonly { close(): void | Promise<void> }[],
): Promise<void> {
  const errors: unknown[] = [];
  for (const closeable of closeables.toReversed()) {
    try {
      await closeable.close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
