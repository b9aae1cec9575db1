/** Compares what came out with what a vector expects. */
import type { Expected, UnorderedGroup } from "./vectors.ts";

/** null = as expected; else what differs, for people. */
export type Difference = string | null;

/** Exact, doubles included: -0 is not 0. Absent and undefined members are the same. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  return [...new Set([...left.keys(), ...right.keys()])].every((key) =>
    isEqual(left.get(key), right.get(key)),
  );
}

/** In order, but for groups: their sequences may come in any order and interleave. */
export function compareSequence<T>(actual: readonly T[], expected: Expected<T>): Difference {
  let at = 0;
  for (const item of expected) {
    const group = isGroup(item) ? item.unordered : [[item]];
    const size = group.reduce((sum, sequence) => sum + sequence.length, 0);
    const part = actual.slice(at, at + size);
    if (part.length < size || !isInterleaving(part, group)) {
      return `element ${at}: expected ${show(item)}, got ${part.map(show).join(" ") || "nothing"}`;
    }
    at += size;
  }
  if (at === actual.length) return null;
  return `element ${at}: expected nothing more, got ${actual.slice(at).map(show).join(" ")}`;
}

function isGroup<T>(item: T | UnorderedGroup<T>): item is UnorderedGroup<T> {
  return typeof item === "object" && item !== null && "unordered" in item;
}

/** Whether `part` can be dealt out to the sequences, each getting its own elements in its own order. */
function isInterleaving<T>(part: readonly T[], sequences: readonly (readonly T[])[]): boolean {
  const seen = new Set<string>();
  const positions = sequences.map(() => 0);
  const search = (at: number): boolean => {
    if (at === part.length) return true;
    const state = positions.join();
    if (seen.has(state)) return false;
    seen.add(state);
    return sequences.some((sequence, index) => {
      const position = positions[index] ?? 0;
      if (position >= sequence.length || !isEqual(part[at], sequence[position])) return false;
      positions[index] = position + 1;
      if (search(at + 1)) return true;
      positions[index] = position;
      return false;
    });
  };
  return search(0);
}

/** JSON that tells -0 from 0. */
export function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${show(member)}`).join(",")}}`;
}
