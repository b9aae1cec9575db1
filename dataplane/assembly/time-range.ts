/** The last of times that lie one behind the other, and the first. */

/**
 * Four at a time, as two pairs: an instruction needs not wait for the one before.
 *
 * @param count from 1
 * @param bounds i64[2], the result: the first and the last of them
 */
export function timeRange(times: usize, count: u32, bounds: usize): void {
  const end: usize = times + ((<usize>count) << 3);
  // The last ones, which may have no pair.
  let firsts = i64x2.splat(load<i64>(end - 8));
  if (count > 1) firsts = v128.load(end - 16);
  let otherFirsts = firsts;
  let lasts = firsts;
  let otherLasts = firsts;
  let at = times;
  for (; at + 32 <= end; at += 32) {
    const pair = v128.load(at);
    const other = v128.load(at, 16);
    firsts = earlier(pair, firsts);
    lasts = later(pair, lasts);
    otherFirsts = earlier(other, otherFirsts);
    otherLasts = later(other, otherLasts);
  }
  if (at + 16 <= end) {
    firsts = earlier(v128.load(at), firsts);
    lasts = later(v128.load(at), lasts);
  }
  firsts = earlier(otherFirsts, firsts);
  lasts = later(otherLasts, lasts);
  store<i64>(bounds, min<i64>(i64x2.extract_lane(firsts, 0), i64x2.extract_lane(firsts, 1)));
  store<i64>(bounds, max<i64>(i64x2.extract_lane(lasts, 0), i64x2.extract_lane(lasts, 1)), 8);
}

function earlier(pair: v128, than: v128): v128 {
  return v128.bitselect(pair, than, i64x2.lt_s(pair, than));
}

function later(pair: v128, than: v128): v128 {
  return v128.bitselect(pair, than, i64x2.gt_s(pair, than));
}
