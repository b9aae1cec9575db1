import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { longOf } from "../../../../../dataplane/protocol/long.ts";
import { TimerQueue } from "../../../../../dataplane/worker/state/timer-queue.ts";
import { createBackend } from "./backends.ts";

const SEED = 20261125;

type Step =
  | {
      readonly kind: "register" | "delete";
      readonly key: string;
      readonly time: bigint;
      readonly namespace: string;
    }
  | { readonly kind: "advance"; readonly time: bigint };

const time = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n),
);
const change = fc.record({
  kind: fc.constantFrom("register" as const, "register" as const, "delete" as const),
  key: fc.constantFrom("a", "b", "", "__proto__"),
  time,
  namespace: fc.constantFrom("", "0/10", "w x"),
});
const advance = fc.record({ kind: fc.constant("advance" as const), time });
const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof({ weight: 6, arbitrary: change }, advance), {
  maxLength: 80,
});

test("timers are a set that fires in order of time", () => {
  const run = (all: readonly Step[]): void => {
    const backend = createBackend();
    const queue = new TimerQueue(backend, "timers");
    const expected = new Map<string, bigint>();
    for (const step of all) {
      if (step.kind === "advance") {
        const due = [...expected].filter(([, at]) => at <= step.time);
        const fired: string[] = [];
        let last = -(2n ** 63n);
        for (let timer = queue.popDue(step.time, backend); timer !== null; ) {
          assert.ok(BigInt(timer.time) >= last);
          last = BigInt(timer.time);
          fired.push(JSON.stringify([backend.currentKey, String(timer.time), timer.namespace]));
          timer = queue.popDue(step.time, backend);
        }
        assert.deepEqual(fired.sort(), due.map(([name]) => name).sort());
        for (const [name] of due) expected.delete(name);
      } else {
        const name = JSON.stringify([step.key, String(step.time), step.namespace]);
        backend.setCurrentKey(step.key, step.key.length);
        queue[step.kind](longOf(step.time), step.namespace);
        if (step.kind === "register") expected.set(name, step.time);
        else expected.delete(name);
      }
      assert.equal(queue.size, expected.size);
      assert.equal(backend.entryCount, expected.size);
    }
  };
  fc.assert(fc.property(steps, run), { seed: SEED, numRuns: 500 });
});

test("timers without a current key are refused", () => {
  const queue = new TimerQueue(createBackend(), "timers");
  assert.throws(() => queue.register(1, ""), { code: "MR_STATE_NO_KEY" });
  assert.throws(() => queue.delete(1, ""), { code: "MR_STATE_NO_KEY" });
});
