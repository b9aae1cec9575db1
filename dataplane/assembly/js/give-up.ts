/**
 * The flag by which compiled code gives a row up: what it cannot do exactly as JavaScript, the user's own
 * function does. Code behind a giveUp() goes on with any value of its type; the caller looks at the flag
 * once per row.
 */
let isGivenUp: bool = false;

export function giveUp(): void {
  isGivenUp = true;
}

/** A value that is not null; where it is, JavaScript has the row. */
export function present<T>(value: T, isNull: bool): T {
  if (isNull) giveUp();
  return value;
}

export function hasGivenUp(): bool {
  return isGivenUp;
}

export function clearGivenUp(): void {
  isGivenUp = false;
}
