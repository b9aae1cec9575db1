/**
 * All slots of a job on the calling thread: the same tasks, and no workers, bundle or doorbells.
 */
import type { SlotDeployment } from "../protocol/deployment.ts";
import type { SlotCommand, SlotReport } from "../protocol/messages.ts";
import { systemClock } from "./clock.ts";
import { runMailboxLoop } from "./mailbox-loop.ts";
import { createSegments } from "./operators/create-segments.ts";
import { createPrng, randomSeed } from "./prng.ts";
import { LocalSleeper } from "./sleeper.ts";
import { Slot } from "./slot.ts";
import { type MovableClock, virtualClock } from "./virtual-clock.ts";

export interface InProcessSlots {
  send(slotIndex: number, command: SlotCommand): void;
  /** Settled when every subtask has ended. */
  readonly ended: Promise<void>;
}

/**
 * @param onReport called between the rounds of the slots, never from inside send()
 * @param testClock what the tasks see as time; absent = the system's clock
 */
export function runInProcess(
  deployments: readonly SlotDeployment[],
  functions: ReadonlyMap<string, unknown>,
  onReport: (slotIndex: number, report: SlotReport) => void,
  testClock?: MovableClock,
): InProcessSlots {
  const clock = testClock === undefined ? systemClock : virtualClock(testClock);
  const sleeper = new LocalSleeper(systemClock);
  const prng = createPrng(randomSeed());
  const slots = new Map<number, Slot>();
  for (const deployment of deployments) {
    const { slotIndex } = deployment;
    const slot = new Slot({
      deployment,
      functions,
      peers: "same-thread",
      clock,
      prng,
      createSegments,
      report: (report) => setImmediate(onReport, slotIndex, report),
      wake: () => sleeper.wake(),
    });
    slots.set(slotIndex, slot);
  }
  const subtasks = [...slots.values()].flatMap((slot) => slot.subtasks);
  for (const slot of slots.values()) slot.announce();
  const stopListening = testClock?.onMove(() => sleeper.wake());
  const ended = runMailboxLoop(subtasks, sleeper, systemClock).finally(stopListening);
  return {
    send: (slotIndex, command) => slots.get(slotIndex)?.handle(command),
    ended: ended.then(afterReports),
  };
}

/** Reports are delivered in turn, so this comes behind them. */
function afterReports(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
