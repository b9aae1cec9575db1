import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryManager } from "../../../../dataplane/memory/memory-manager.ts";
import { seeded } from "../../../oracle/seeded.ts";

test("what owners borrow is missing until they give it back", () => {
  const manager = new MemoryManager(1000);
  manager.borrow("map-0", 600);
  manager.borrow("map-0", 100);
  manager.borrow("sink-1", 300);
  assert.equal(manager.available, 0);
  assert.equal(manager.borrowedBy("map-0"), 700);
  manager.giveBack("map-0", 700);
  assert.equal(manager.available, 700);
  assert.deepEqual(manager.owners, ["sink-1"]);
});

test("a request beyond the budget is refused with the numbers and changes nothing", () => {
  const manager = new MemoryManager(1000);
  manager.borrow("map-0", 600);
  assert.throws(() => manager.borrow("map-1", 401), {
    code: "MR_MEMORY_EXHAUSTED",
    details: { subtask: "map-1", requested: 401, available: 400, budget: 1000 },
  });
  assert.equal(manager.borrowed, 600);
  assert.equal(manager.tryBorrow("map-1", 400), true);
});

test("nobody gives back more than it has borrowed", () => {
  const manager = new MemoryManager(1000);
  manager.borrow("map-0", 100);
  manager.borrow("map-1", 100);
  assert.throws(() => manager.giveBack("map-0", 101), TypeError);
  assert.equal(manager.borrowed, 200);
});

test("amounts that are no whole numbers from 0 are mistakes", () => {
  const manager = new MemoryManager(1000);
  for (const bytes of [-1, 0.5, Number.NaN]) {
    assert.throws(() => manager.borrow("map-0", bytes), TypeError);
    assert.throws(() => manager.giveBack("map-0", bytes), TypeError);
    assert.throws(() => new MemoryManager(bytes), TypeError);
  }
});

test("after any sequence the sum over owners is what is borrowed, within the budget", () => {
  const step = fc.record({
    owner: fc.constantFrom("a", "b", "c"),
    bytes: fc.integer({ min: -500, max: 500 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const manager = new MemoryManager(1000);
      const expected = new Map<string, number>();
      for (const { owner, bytes } of steps) {
        const held = expected.get(owner) ?? 0;
        const total = [...expected.values()].reduce((sum, value) => sum + value, 0);
        if (bytes >= 0) {
          const isGranted = manager.tryBorrow(owner, bytes);
          assert.equal(isGranted, total + bytes <= 1000);
          if (isGranted) expected.set(owner, held + bytes);
        } else if (-bytes <= held) {
          manager.giveBack(owner, -bytes);
          expected.set(owner, held + bytes);
        }
        for (const [name, value] of expected) assert.equal(manager.borrowedBy(name), value);
        const sum = [...expected.values()].reduce((all, value) => all + value, 0);
        assert.equal(manager.available, 1000 - sum);
      }
    }),
    seeded(),
  );
});
