/**
 * All slots of a job on the calling thread: the same tasks, and no workers, bundle or doorbells.
 */
import type { SlotDeployment, TaskSpec } from "../protocol/deployment.ts";
import type { SlotCommand, SlotReport } from "../protocol/messages.ts";
import { systemClock } from "./clock.ts";
import { runMailboxLoop, type Workload } from "./mailbox-loop.ts";
import { createSegments } from "./operators/create-segments.ts";
import { createPrng, randomSeed } from "./prng.ts";
import { LocalSleeper } from "./sleeper.ts";
import { Slot } from "./slot.ts";
import type { Subtask } from "./subtask.ts";
import { type MovableClock, virtualClock } from "./virtual-clock.ts";

type Functions = ReadonlyMap<string, unknown>;

export interface InProcessSlots {
  /** In the place of a slot with its index, which is left to itself. */
  start(deployment: SlotDeployment): void;
  send(slotIndex: number, command: SlotCommand): void;
  /** Settled when all slots were closed and have ended. */
  readonly ended: Promise<void>;
}

/**
 * @param onReport called between the rounds of the slots, never from inside send()
 * @param testClock what the tasks see as time; absent = the system's clock
 */
export function runInProcess(
  deployments: readonly SlotDeployment[],
  functions: Functions,
  onReport: (slotIndex: number, report: SlotReport) => void,
  testClock?: MovableClock,
): InProcessSlots {
  const clock = testClock === undefined ? systemClock : virtualClock(testClock);
  const sleeper = new LocalSleeper(systemClock);
  const prng = createPrng(randomSeed());
  const slots = new Slots();
  const start = (deployment: SlotDeployment): void => {
    const { slotIndex } = deployment;
    const slot = new Slot({
      deployment,
      functions,
      peers: "same-thread",
      clock,
      prng,
      createSegments,
      report: (report) => {
        setImmediate(() => {
          // What one in whose place another has come has to say is of no interest.
          if (slots.at(slotIndex) === slot) onReport(slotIndex, report);
        });
      },
      wake: () => sleeper.wake(),
    });
    slots.set(slotIndex, slot);
    slot.announce();
  };
  for (const deployment of deployments) start(deployment);
  const stopListening = testClock?.onMove(() => sleeper.wake());
  const ended = runMailboxLoop(slots, sleeper, systemClock).finally(stopListening);
  return {
    start,
    send: (slotIndex, command) => {
      if (command.kind === "deploy") slots.deploy(slotIndex, command.tasks, functions);
      else slots.at(slotIndex)?.handle(command);
    },
    ended: ended.then(afterReports),
  };
}

class Slots implements Workload {
  readonly #slots = new Map<number, Slot>();
  /** Of all slots; the loop asks for them in every round. */
  #subtasks: readonly Subtask[] = [];

  get subtasks(): readonly Subtask[] {
    return this.#subtasks;
  }

  get isOver(): boolean {
    for (const slot of this.#slots.values()) if (!slot.isOver) return false;
    return true;
  }

  at(slotIndex: number): Slot | undefined {
    return this.#slots.get(slotIndex);
  }

  set(slotIndex: number, slot: Slot): void {
    this.#slots.set(slotIndex, slot);
    this.#listSubtasks();
  }

  deploy(slotIndex: number, tasks: readonly TaskSpec[], functions: Functions): void {
    this.at(slotIndex)?.deploy(tasks, functions);
    this.#listSubtasks();
  }

  #listSubtasks(): void {
    this.#subtasks = [...this.#slots.values()].flatMap((slot) => slot.subtasks);
  }
}

/** Reports are delivered in turn, so this comes behind them. */
function afterReports(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
