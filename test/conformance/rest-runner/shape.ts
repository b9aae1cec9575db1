/**
 * Whether two bodies have the same shape: the same members of the same types, the same words where there are only a
 * few, ids where there are ids. Numbers, times and texts may differ.
 */
import { type Recorded, RecordedDouble } from "./recordings.ts";

const ID = /^[0-9a-f]{32}$/;
const WORD = /^[A-Z][A-Z_]+$/;

/** Members of these are named by what they belong to. */
const NAMED_BY_DATA = new Set([
  "serialized-user-task-accumulators",
  "accumulator-results",
  "user-config",
  "failureLabels",
]);

/** Words that members of a name have anywhere in the recordings. */
export type Words = ReadonlyMap<string, ReadonlySet<string>>;

export function wordsOf(bodies: Iterable<Recorded>): Words {
  const words = new Map<string, Set<string>>();
  const visit = (name: string, value: Recorded): void => {
    if (typeof value === "string") {
      if (!WORD.test(value)) return;
      const known = words.get(name) ?? new Set();
      words.set(name, known.add(value));
    } else if (Array.isArray(value)) {
      for (const one of value) visit(name, one);
    } else if (isObject(value)) {
      for (const [member, one] of Object.entries(value)) visit(member, one);
    }
  };
  for (const body of bodies) visit("", body);
  return words;
}

/** What is different; none = they have the same shape. */
export function compareShapes(expected: Recorded, actual: Recorded, words: Words): string[] {
  return compare("", "", expected, actual, words);
}

function compare(
  place: string,
  name: string,
  expected: Recorded,
  actual: Recorded,
  words: Words,
): string[] {
  const [one, other] = [typeName(expected), typeName(actual)];
  if (one !== other) return [`${place || "body"} is ${other}, not ${one}`];
  if (typeof expected === "string" && typeof actual === "string") {
    return compareTexts(place, name, expected, actual, words);
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return compareLists(place, name, expected, actual, words);
  }
  if (isObject(expected) && isObject(actual)) return compareObjects(place, expected, actual, words);
  return [];
}

function compareTexts(
  place: string,
  name: string,
  expected: string,
  actual: string,
  words: Words,
): string[] {
  if (ID.test(expected) && !ID.test(actual)) return [`${place} is no id: ${actual}`];
  if (!WORD.test(expected) || words.get(name)?.has(actual)) return [];
  return [`${place} is ${actual}, which is none of ${[...(words.get(name) ?? [])].join(", ")}`];
}

/** Every element has the shape of one that was recorded. */
function compareLists(
  place: string,
  name: string,
  expected: readonly Recorded[],
  actual: readonly Recorded[],
  words: Words,
): string[] {
  if (expected.length === 0) return [];
  return actual.flatMap((element, index) => {
    const differences = expected.map((one) =>
      compare(`${place}[${index}]`, name, one, element, words),
    );
    return differences.reduce((least, next) => (next.length < least.length ? next : least));
  });
}

function compareObjects(
  place: string,
  expected: Readonly<Record<string, Recorded>>,
  actual: Readonly<Record<string, Recorded>>,
  words: Words,
): string[] {
  const last = place.split(".").at(-1) ?? "";
  if (NAMED_BY_DATA.has(last)) return [];
  const wanted = byData(expected);
  const found = byData(actual);
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  return [...names].flatMap((member) => {
    const at = `${place}.${member}`;
    const [one, other] = [wanted[member], found[member]];
    if (one === undefined) return member === "<id>" ? [] : [`${at} is too much`];
    if (other === undefined) return member === "<id>" ? [] : [`${at} is missing`];
    return compare(at, member, one, other, words);
  });
}

/** Members that are named by ids are the same one. */
function byData(value: Readonly<Record<string, Recorded>>): Record<string, Recorded> {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [ID.test(name) ? "<id>" : name, member]),
  );
}

function isObject(value: Recorded): value is { readonly [name: string]: Recorded } {
  return typeName(value) === "an object";
}

function typeName(value: Recorded): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (value instanceof RecordedDouble) return "a double";
  if (typeof value === "number") return "an integer";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
