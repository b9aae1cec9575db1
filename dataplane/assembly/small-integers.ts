/** Whether doubles can be added up in any order without rounding. */
import {
  VIEW_COLUMN_DATA_PTR,
  VIEW_COLUMN_VALIDITY_PTR,
  VIEW_ROW_COUNT,
} from "../protocol/view-layout.ts";
import { viewColumn } from "./schema.ts";

/** Sums of up to 2^29 values of this magnitude are exact. */
const LIMIT: f64 = 16777216;

/** Whether all values of an F64 column are integers of at most 2^24 in magnitude, and none is null. */
export function hasSmallIntegers(view: usize, column: u32): i32 {
  const entry = viewColumn(view, column);
  if (load<u32>(entry, VIEW_COLUMN_VALIDITY_PTR) !== 0) return 0;
  const rows = load<u32>(view, VIEW_ROW_COUNT);
  const data: usize = load<u32>(entry, VIEW_COLUMN_DATA_PTR);
  const limits = f64x2.splat(LIMIT);
  const pairs: u32 = rows & ~1;
  let areSmall = i64x2.splat(-1);
  for (let row: u32 = 0; row < pairs; row += 2) {
    const values = v128.load(data + ((<usize>row) << 3));
    const isWhole = f64x2.eq(f64x2.trunc(values), values);
    areSmall = v128.and(areSmall, v128.and(isWhole, f64x2.le(f64x2.abs(values), limits)));
  }
  if (!i64x2.all_true(areSmall)) return 0;
  if (pairs === rows) return 1;
  const last = load<f64>(data + ((<usize>pairs) << 3));
  return trunc<f64>(last) === last && abs<f64>(last) <= LIMIT ? 1 : 0;
}
