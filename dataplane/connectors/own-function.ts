/**
 * Function objects with state of their own. Subtasks on one thread, and the attempts of a job, get the
 * objects of the program; the fields of a CheckpointedFunction say where one subtask is, so that each
 * has to have an object that nobody has used yet, as in Flink, where functions are deserialized.
 *
 * Invariant: a copy is made of what the object was before anybody used it.
 */
import { cloneValue } from "../formats/generic.ts";
import type {
  CheckpointedFunction,
  CheckpointListener,
} from "../functions/checkpointed-function.ts";
import { EngineError } from "../protocol/errors.ts";

/** What any function object may be beside what it is there for. */
export type CheckpointedParts = Partial<CheckpointedFunction & CheckpointListener>;

/** Errors: MR_FUNCTION_INVALID, for one that has half of it. */
export function isCheckpointed(fn: unknown, operator: string): fn is object {
  const { initializeState, snapshotState } = (fn ?? {}) as CheckpointedParts;
  const has = [initializeState, snapshotState].map((method) => typeof method === "function");
  if (has[0] === has[1]) return has[0] === true;
  throw new EngineError("MR_FUNCTION_INVALID", {
    operation: `the function of ${operator}`,
    expected: "both initializeState() and snapshotState(), or neither",
    actual: `only ${has[0] === true ? "initializeState" : "snapshotState"}()`,
  });
}

interface Origin {
  /** null = it cannot be copied. */
  readonly pristine: object | null;
  isInUse: boolean;
}

const origins = new WeakMap<object, Origin>();

/**
 * The program's object for the first subtask, a copy of it for each other one. Give it back by
 * releaseFunction(). Errors: MR_FEATURE_UNSUPPORTED.
 */
export function ownFunction<F extends object>(fn: F, operator: string): F {
  const known = origins.get(fn);
  if (known === undefined) {
    origins.set(fn, { pristine: canBeCopied(fn) ? copyOf(fn) : null, isInUse: true });
    return fn;
  }
  if (known.pristine !== null) return copyOf(known.pristine as F);
  if (known.isInUse) {
    throw new EngineError("MR_FEATURE_UNSUPPORTED", {
      operation: `A CheckpointedFunction with #private fields, or functions as fields, in several subtasks of one thread (operator ${operator})`,
      advice: "Write a class with methods, and fields that TypeScript makes private.",
    });
  }
  known.isInUse = true;
  return fn;
}

export function releaseFunction(fn: object): void {
  const origin = origins.get(fn);
  if (origin !== undefined) origin.isInUse = false;
}

function copyOf<F extends object>(fn: F): F {
  const copy = Object.create(Object.getPrototypeOf(fn)) as F;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(fn))) {
    const value: unknown = cloneValue(property.value);
    Object.defineProperty(copy, name, "value" in property ? { ...property, value } : property);
  }
  return copy;
}

/** Functions in fields may be bound to the object, and #private fields are nobody's to see. */
function canBeCopied(fn: object): boolean {
  const fields = Object.values(Object.getOwnPropertyDescriptors(fn));
  if (fields.some(({ value }) => typeof value === "function")) return false;
  for (
    let prototype: object = Object.getPrototypeOf(fn);
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    if (/(^|[\s.])#[\p{ID_Start}$_]/mu.test(String(prototype.constructor))) return false;
  }
  return true;
}
