import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BatchBuilder } from "../../../../../dataplane/memory/batch-builder.ts";
import { Schema } from "../../../../../dataplane/memory/schema.ts";
import { STATUS_DONE } from "../../../../../dataplane/protocol/status.ts";
import { BUILDER_WITH_KEY_GROUPS } from "../../../../../dataplane/protocol/view-layout.ts";
import type { KeyedBackend } from "../../../../../dataplane/worker/state/keyed-backend.ts";
import { createMemory } from "../../formats/arbitraries.ts";
import { createBackend } from "./backends.ts";

const SEED = 20261125;
const memory = await createMemory();

interface Change {
  readonly kind: "put" | "push" | "remove" | "encode";
  readonly table: string;
  readonly key: string;
  readonly namespace: string;
  readonly value: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("put", "put", "push", "remove", "encode"),
  table: fc.constantFrom("sums", "lists"),
  key: fc.constantFrom("a", "b", "", "__proto__"),
  namespace: fc.constantFrom("", "0/10"),
  value: fc.integer(),
});

function apply(backend: KeyedBackend, { kind, table, key, namespace, value }: Change): void {
  backend.setCurrentKey(key, key.length);
  const state = backend.table(table);
  if (kind === "remove") state.remove(namespace);
  else if (kind === "put") state.put(namespace, [value]);
  else (state.get(namespace) as number[] | undefined)?.push(value);
}

/** Everything in it, as text in order. */
function contentOf(backend: KeyedBackend): string[] {
  const entries = ["sums", "lists"].flatMap((name) => [...backend.table(name).entries()]);
  return entries
    .map(({ table, key, keyGroup, namespace, value }) =>
      JSON.stringify([table, key, keyGroup, namespace, value]),
    )
    .sort();
}

/** Encodes a few rows; the restored backend gets them. @returns whether there are more */
function encode(from: KeyedBackend, to: KeyedBackend): boolean {
  const target = new BatchBuilder(memory, Schema.of(from.type), {
    flags: BUILDER_WITH_KEY_GROUPS,
    rowCapacity: 2,
  });
  const status = from.encodeStep(target);
  to.restore(target);
  target.dispose();
  return status !== STATUS_DONE;
}

test("a snapshot is the state when it was frozen, whatever changes while it is encoded", () => {
  const run = (before: readonly Change[], after: readonly Change[]): void => {
    const backend = createBackend();
    const restored = createBackend();
    for (const one of before) if (one.kind !== "encode") apply(backend, one);
    const expected = contentOf(backend);
    backend.freeze();
    for (const one of after) {
      if (one.kind === "encode") encode(backend, restored);
      else apply(backend, one);
    }
    while (encode(backend, restored));
    assert.deepEqual(contentOf(restored), expected);
  };
  const changes = fc.array(change, { maxLength: 30 });
  fc.assert(fc.property(changes, changes, run), { seed: SEED, numRuns: 300 });
});

test("state belongs to its key and namespace", () => {
  const backend = createBackend();
  const table = backend.table("sums");
  backend.setCurrentKey("a", 1);
  table.put("", 1);
  table.put("0/10", 2);
  backend.setCurrentKey("b", 1);
  assert.equal(table.get(""), undefined);
  backend.setCurrentKey("a", 1);
  assert.equal(table.get(""), 1);
  table.remove("");
  table.remove("0/10");
  assert.equal(backend.entryCount, 0);
  backend.clearCurrentKey();
  assert.throws(() => table.get(""), { code: "MR_STATE_NO_KEY" });
});
