/** keyBy() in JavaScript: evaluates a selector and writes key column and key groups beside the record. */
import { javaHash, keyGroupOfHash } from "../../formats/java-hash.ts";
import { checkKey, KeyEncoder, type KeyPlace } from "../../formats/key-codec.ts";
import { fieldOf } from "../../formats/type-check.ts";
import type { KeySelectorSpec } from "../../protocol/deployment.ts";
import type { DataType } from "../../protocol/types.ts";
import type { SegmentOutput } from "../segment.ts";
import type { OutputTarget } from "./output-target.ts";
import type { RowTarget, Timestamp } from "./row-target.ts";
import { type FunctionOwner, UserFunction } from "./user-function.ts";

export type KeySelector = (record: unknown) => unknown;

/**
 * What finds the key of a record.
 *
 * @param fn the user's function, where the selector is one
 * Errors: MR_FUNCTION_INVALID; the selector's own: MR_FUNCTION_THREW, MR_FUNCTION_ASYNC.
 */
export function createKeySelector(
  selector: KeySelectorSpec,
  fn: unknown,
  owner: FunctionOwner,
): KeySelector {
  switch (selector.kind) {
    case "function":
      return functionSelector(new UserFunction(owner, fn, "getKey"));
    case "field":
      return (record) => keyField(record, selector.field);
    case "fields":
      return (record) => selector.fields.map((field) => keyField(record, field));
  }
}

export interface KeyTargetOptions {
  readonly selector: KeySelector;
  /** Declared or inferred type of the key; null = canonically encoded. */
  readonly keyType: DataType | null;
  readonly maxParallelism: number;
  readonly operatorName: string;
}

/** Puts records with their keys into an output. */
export class KeyTarget implements RowTarget {
  readonly takeBatch = null;
  readonly #output: OutputTarget;
  readonly #options: KeyTargetOptions;
  readonly #encoder = new KeyEncoder();
  readonly #place: KeyPlace;

  constructor(output: OutputTarget, options: KeyTargetOptions) {
    this.#output = output;
    this.#options = options;
    this.#place = { operator: options.operatorName, row: 0 };
  }

  get outputs(): readonly SegmentOutput[] {
    return this.#output.outputs;
  }

  get status(): number {
    return this.#output.status;
  }

  open(): void {
    this.#output.open();
  }

  begin(): number {
    return this.#output.begin();
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN, MR_KEY_TYPE and those of the selector and the output. */
  push(record: unknown, timestampMs: Timestamp): void {
    const { selector, keyType, maxParallelism } = this.#options;
    const key = selector(record);
    let column = key;
    if (keyType === null) column = this.#encoder.encode(key, this.#place);
    else checkKey(key, this.#place);
    this.#place.row += 1;
    const keyGroup = keyGroupOfHash(javaHash(key, keyType), maxParallelism);
    this.#output.push(record, timestampMs, column, keyGroup);
  }

  end(): void {
    this.#output.end();
  }

  finish(): number {
    return this.#output.finish();
  }

  hostWork(): Promise<void> {
    return this.#output.hostWork();
  }

  close(): void {
    this.#output.close();
  }
}

function functionSelector(fn: UserFunction): KeySelector {
  return (record) => {
    let key: unknown;
    try {
      key = fn.call(record);
    } catch (error) {
      throw fn.threw(error, record);
    }
    fn.checkSync(key);
    return key;
  };
}

/** A position of a tuple or a name of a row; a record that is neither is its own field 0. */
function keyField(record: unknown, field: string | number): unknown {
  if (Array.isArray(record)) return typeof field === "number" ? record[field] : undefined;
  if (typeof record === "object" && record !== null && !(record instanceof Uint8Array)) {
    return fieldOf(record as Readonly<Record<string, unknown>>, String(field));
  }
  return field === 0 ? record : undefined;
}
