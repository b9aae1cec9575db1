/** For sources whose records are the program's own: it may have been changed since a snapshot was taken. */
import { EngineError } from "../protocol/errors.ts";

/**
 * Errors: MR_SOURCE_CHANGED.
 *
 * @param end index behind the last record that is to be read
 * @param count of records that there are
 */
export function checkStillThere(operator: string, end: number, count: number): void {
  if (end > count) throw new EngineError("MR_SOURCE_CHANGED", { operator, end, count });
}
