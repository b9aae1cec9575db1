/** Places in the output of a run of operators, leaves and records, that are places in its input as they are. */
import { isWithin, type Path, passedInput, pathKey, visitEmissions } from "../front/usage.ts";
import type { Expr, Program, Value } from "../ir.ts";

/** Places as keys: of the output, and where they are in the input. */
type Places = ReadonlyMap<string, string>;

/** Through operators one behind the other. */
export function passedPlaces(programs: readonly Program[]): Places {
  return programs.map(placesThrough).reduce(composed);
}

function composed(before: Places, behind: Places): Places {
  const places = new Map<string, string>();
  for (const [to, between] of behind) {
    const from = before.get(between);
    if (from !== undefined) places.set(to, from);
  }
  return places;
}

/** What one operator passes on in whatever it emits. */
function placesThrough({ body }: Program): Places {
  let places: Places | null = null;
  visitEmissions(body, (value, guarded) => {
    const found = new Map<string, string>();
    addPlaces(found, { value, path: [], enclosing: [], guarded });
    places = places === null ? found : common(places, found);
  });
  return places ?? new Map();
}

function common(left: Places, right: Places): Places {
  return new Map([...left].filter(([to, from]) => right.get(to) === from));
}

interface Emitted {
  readonly value: Value;
  readonly path: Path;
  /** Records in the input whose nulls make the value null; null = it is also null for other reasons. */
  readonly enclosing: readonly Path[] | null;
  readonly guarded: ReadonlySet<string>;
}

function addPlaces(places: Map<string, string>, emitted: Emitted): void {
  const { value, path, enclosing, guarded } = emitted;
  if (value.kind === "scalar") {
    const from = passedInput(value.value, guarded);
    if (from !== null && isOnly(from, enclosing)) places.set(pathKey(path), pathKey(from));
    return;
  }
  const from = value.isNull === null ? null : recordAt(value.isNull);
  if (from !== null && isOnly(from, enclosing)) places.set(pathKey(path), pathKey(from));
  const inner = within(enclosing, value.isNull);
  for (const [index, field] of value.fields.entries()) {
    addPlaces(places, { value: field, path: [...path, index], enclosing: inner, guarded });
  }
}

function recordAt(isNull: Expr): Path | null {
  return isNull.op === "is-null" ? isNull.path : null;
}

function within(enclosing: readonly Path[] | null, isNull: Expr | null): readonly Path[] | null {
  if (isNull === null || enclosing === null) return enclosing;
  const record = recordAt(isNull);
  return record === null ? null : [...enclosing, record];
}

/** Whether its own nulls tell all: where a record of the input is null, all in it is. */
function isOnly(path: Path, enclosing: readonly Path[] | null): boolean {
  return enclosing?.every((record) => isWithin(path, record)) ?? false;
}
