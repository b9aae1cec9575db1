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
        const hoard: unknown[] = [];
        for (;;) hoard.push(new Array(1000).fill(Math.sqrt(hoard.length)));
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
