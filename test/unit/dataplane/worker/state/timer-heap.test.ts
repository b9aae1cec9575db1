import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Timer, TimerHeap } from "../../../../../dataplane/worker/state/timer-heap.ts";
import { SEED } from "../../formats/arbitraries.ts";

type Action =
  | { readonly kind: "add"; readonly dueMs: number }
  | { readonly kind: "remove"; readonly pick: number }
  | { readonly kind: "fire"; readonly nowMs: number };

const time = fc.integer({ min: 0, max: 20 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), dueMs: time }),
  fc.record({ kind: fc.constant("remove" as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant("fire" as const), nowMs: time }),
);

test("timers fire by time, then in the order they were set, as a sorted list says", () => {
  const property = fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
    const heap = new TimerHeap<number>();
    const all: Timer<number>[] = [];
    let expected: { readonly dueMs: number; readonly value: number }[] = [];
    for (const step of actions) {
      if (step.kind === "add") {
        const value = all.length;
        all.push(heap.add(step.dueMs, value));
        expected.push({ dueMs: step.dueMs, value });
        expected.sort((a, b) => a.dueMs - b.dueMs || a.value - b.value);
      } else if (step.kind === "remove") {
        const timer = all[step.pick % all.length];
        // One that has fired or was removed is there too: nothing must happen.
        if (timer !== undefined) heap.remove(timer);
        expected = expected.filter(({ value }) => value !== timer?.value);
      } else {
        const due = expected.filter(({ dueMs }) => dueMs <= step.nowMs).map(({ value }) => value);
        expected = expected.filter(({ dueMs }) => dueMs > step.nowMs);
        const fired: number[] = [];
        for (let timer = heap.takeDue(step.nowMs); timer !== null; ) {
          fired.push(timer.value);
          timer = heap.takeDue(step.nowMs);
        }
        assert.deepEqual(fired, due);
      }
      assert.equal(heap.nextMs, expected[0]?.dueMs ?? Number.POSITIVE_INFINITY);
    }
  });
  fc.assert(property, { seed: SEED, numRuns: 500 });
});
