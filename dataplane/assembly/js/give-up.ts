/**
 * Why compiled code goes on no further with a row, in one word that loops look at. It gives the row up: what
 * it cannot do exactly as JavaScript, the user's own function does. Code behind a giveUp() goes on with any
 * value of its type; the caller looks at the flag once per row. Or the builder is full.
 */
const GIVEN_UP: u32 = 1;
const FULL: u32 = 2;

let stops: u32 = 0;

export function giveUp(): void {
  stops |= GIVEN_UP;
}

/** A value that is not null; where it is, JavaScript has the row. */
export function present<T>(value: T, isNull: bool): T {
  if (isNull) giveUp();
  return value;
}

export function hasGivenUp(): bool {
  return (stops & GIVEN_UP) !== 0;
}

/** The builder takes no more rows. */
export function stopFull(): void {
  stops |= FULL;
}

export function isStoppedFull(): bool {
  return (stops & FULL) !== 0;
}

/** Nothing more of this row is taken: the builder is full, or the row is given up. */
export function isStopped(): bool {
  return stops !== 0;
}

export function clearStops(): void {
  stops = 0;
}
