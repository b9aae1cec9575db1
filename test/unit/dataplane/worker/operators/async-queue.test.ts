import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type AsyncQueue,
  OrderedQueue,
  type QueueEntry,
  type RecordEntry,
  UnorderedQueue,
} from "../../../../../dataplane/worker/operators/async-queue.ts";
import { SEED } from "../../formats/arbitraries.ts";

/** All entries that may go out, by looking at every one of them. */
function oracleOf(ordered: boolean) {
  let entries: QueueEntry[] = [];
  const completed: QueueEntry[] = [];
  return {
    entries: () => entries,
    put: (entry: QueueEntry) => entries.push(entry),
    complete: (entry: RecordEntry) => completed.push(entry),
    take(): QueueEntry | null {
      const [first] = entries;
      if (first === undefined) return null;
      const barrier = entries.findIndex(({ kind }) => kind !== "record");
      const segment = barrier < 0 ? entries : entries.slice(0, barrier);
      const ready = ordered
        ? completed.includes(first) && first
        : completed.find((entry) => segment.includes(entry));
      const next = first.kind === "record" ? ready : first;
      if (!next) return null;
      entries = entries.filter((entry) => entry !== next);
      return next;
    },
  };
}

type Action = {
  readonly kind: "record" | "watermark" | "status" | "take" | "complete";
  pick: number;
};

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("record", "record", "watermark", "status", "take", "complete", "complete"),
  pick: fc.nat(),
});

for (const [name, ordered] of [
  ["ordered", true],
  ["unordered", false],
] as const) {
  test(`${name}: entries go out as a queue that looks at all of them says`, () => {
    const property = fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const queue: AsyncQueue = ordered ? new OrderedQueue() : new UnorderedQueue();
      const oracle = oracleOf(ordered);
      const open: RecordEntry[] = [];
      for (const { kind, pick } of actions) {
        if (kind === "take") {
          assert.equal(queue.take(), oracle.take());
        } else if (kind === "complete") {
          const [entry] = open.splice(pick % (open.length || 1), 1);
          if (entry === undefined) continue;
          entry.results = [];
          queue.complete(entry);
          oracle.complete(entry);
        } else {
          const entry = entryOf(kind, pick);
          if (entry.kind === "record") open.push(entry);
          queue.put(entry);
          oracle.put(entry);
        }
        assert.equal(queue.size, oracle.entries().length);
        assert.deepEqual([...queue.entries()], oracle.entries());
      }
      for (let next = oracle.take(); next !== null; next = oracle.take()) {
        assert.ok(queue.hasCompleted);
        assert.equal(queue.take(), next);
      }
      assert.ok(!queue.hasCompleted);
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });
}

test("thousands of entries go through in the order they came", () => {
  const queue = new OrderedQueue();
  const out: unknown[] = [];
  for (let value = 0; value < 20_000; value++) {
    queue.put({ kind: "record", value, timestampMs: null, results: [] });
    if (value < 3000) continue;
    const next = queue.take();
    assert.ok(next?.kind === "record");
    out.push(next.value);
  }
  assert.deepEqual(
    out,
    Array.from({ length: 17_000 }, (_, index) => index),
  );
  assert.equal(queue.size, 3000);
});

function entryOf(kind: "record" | "watermark" | "status", pick: number): QueueEntry {
  switch (kind) {
    case "record":
      return { kind, value: pick, timestampMs: pick, results: null };
    case "watermark":
      return { kind, watermarkMs: BigInt(pick) };
    case "status":
      return { kind, status: pick % 2 === 0 ? "idle" : "active" };
  }
}
