import type { TypeInformation } from "../protocol/type-information.ts";
import { checkName } from "./checks.ts";

/**
 * Names a side output. Two tags of one id are the same tag.
 *
 * ```ts
 * const late = new OutputTag<Order>("late");
 * ```
 * @public
 */
export class OutputTag<T> {
  readonly id: string;
  /** Declared type of its records; null = found out from the first one. */
  readonly type: TypeInformation<T> | null;

  /** Throws MR_FUNCTION_INVALID. */
  constructor(id: string, type: TypeInformation<T> | null = null) {
    this.id = checkName(id, "new OutputTag()", "an id that is a string and not empty");
    this.type = type;
  }
}
