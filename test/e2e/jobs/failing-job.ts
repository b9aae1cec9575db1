/** Jobs that go wrong; args: how. */
import { DiscardingSink, defineJob } from "../../../control/index.ts";

export default defineJob((env, [how = "throw"]) => {
  const numbers = env.fromSequence(1, 1_000_000_000);
  const failing = numbers.rebalance().map((value) => {
    if (value < 50_000) return value;
    switch (how) {
      case "throw":
        throw new RangeError(`no more than ${value}`);
      case "exit":
        return process.exit(7);
      case "heap": {
        // Small objects: where a built-in's own allocation (new Array(1000).fill(1.5)) finds the heap
        // full, V8 of Node 24 ends the whole process instead of the worker.
        const hoard: unknown[] = [];
        for (;;) hoard.push({ value: hoard.length });
      }
      case "hang":
        for (;;);
      case "reject":
        setImmediate(() => Promise.reject(new Error("nobody waits for me")));
        return value;
      default:
        return value;
    }
  });
  failing.sinkTo(new DiscardingSink());
});
