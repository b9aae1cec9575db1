/**
 * Where this engine answers otherwise than the recorded Flink, on purpose. What it answers instead is
 * compared just as exactly.
 */
import { isEqual } from "./comparison.ts";
import type { VectorValue } from "./vectors.ts";

interface Departure {
  /** Name of the case. */
  readonly name: string;
  readonly args: readonly VectorValue[];
  readonly result: VectorValue;
}

export const DEPARTURES: readonly Departure[] = [
  // 0 and -0 are equal in JavaScript, so they are one key, with the hash of 0.
  { name: "double-keys", args: [-0], result: [0, 94, 54, 1, 2, 2] },
  // NaN equals nothing, so a record with such a key could never be found again: it is refused.
  { name: "double-keys", args: ["NaN"], result: "MR_KEY_NAN" },
  // Doubles print in the shortest form, as in Java 19 and later.
  { name: "double-to-string-java-17", args: [1e23], result: "1.0E23" },
  { name: "double-to-string-java-17", args: [2e23], result: "2.0E23" },
  { name: "double-to-string-java-17", args: [8.41e21], result: "8.41E21" },
];

/** What a call of a case must answer. */
export function expectedResult(
  name: string,
  args: readonly VectorValue[],
  recorded: VectorValue,
): VectorValue {
  const departure = DEPARTURES.find((one) => one.name === name && isEqual(one.args, args));
  return departure === undefined ? recorded : departure.result;
}
