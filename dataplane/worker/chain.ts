/**
 * Drives a chain, a tree of segments, by one event at a time and deepest first: what a segment puts
 * out goes all the way down before the segment is called again. No call waits or runs for long; a
 * chain that stopped goes on where it was.
 *
 * Invariants: #stack is the path from the head to the segment at work; an output is emptied only
 * when all that read it have taken its rows; a segment is called again with the same arguments
 * until it says DONE; control events reach those who read an output behind its rows, those of a
 * segment's own too.
 */
import { STATUS_DONE, STATUS_NEED_HOST, STATUS_OUTPUT_FULL } from "../protocol/status.ts";
import { ChainStep, type ChainTarget, type StepOutput } from "./chain-step.ts";
import type { ChainNode, OutputRef, Segment } from "./segment.ts";
import type { BarrierEvent, StreamEvent } from "./stream-event.ts";

/** Calls of segments per advance(), so that one record which becomes a million holds nobody up. */
const RUNS_PER_ADVANCE = 8;

/**
 * done: the event is dealt with; yield: call again when others had their turn; blocked: a target
 * has no room; waiting: for work of the host, `wake` is called when it is done.
 */
export type ChainProgress = "done" | "yield" | "blocked" | "waiting";

/** A way out of the chain for the rows of one output. */
export interface ChainExit extends OutputRef {
  readonly target: ChainTarget;
}

export interface ChainListener {
  /** The host's work that a chain waited for is done. */
  wake(): void;
  /** The source at the head has put out rows. */
  sourceRows(rows: number): void;
  /**
   * All that a segment has in front of a barrier has gone out, and the barrier has not: its state is that
   * of the checkpoint. Absent = nobody takes snapshots.
   */
  atBarrier?(segment: Segment, barrier: BarrierEvent): void;
}

export class Chain {
  readonly #head: ChainStep;
  readonly #listener: ChainListener;
  readonly #stack: ChainStep[] = [];
  #failure: { readonly error: unknown } | null = null;
  #pollStatus = STATUS_DONE;

  constructor(nodes: readonly ChainNode[], exits: readonly ChainExit[], listener: ChainListener) {
    this.#listener = listener;
    this.#head = createHead(nodes, exits);
  }

  /** An event is under way. */
  get isBusy(): boolean {
    return this.#stack.length > 0;
  }

  /** Hands an event to the head; the one before must be done. */
  begin(event: StreamEvent): void {
    this.#push(this.#head, event);
  }

  /** Asks the source at the head for rows. */
  beginPoll(): void {
    this.#push(this.#head, { kind: "poll" });
  }

  /** What is under way waits for the host; advance() would change nothing. */
  get isWaiting(): boolean {
    return this.#stack.at(-1)?.phase === "wait" && this.#failure === null;
  }

  /** What the source answered to the last poll. */
  get pollStatus(): number {
    return this.#pollStatus;
  }

  /** Goes on with the event under way, for a bounded time. Throws what segments throw. */
  advance(): ChainProgress {
    for (let runs = 0; ; ) {
      const step = this.#stack.at(-1);
      if (step === undefined) return "done";
      switch (step.phase) {
        case "run":
          if (runs === RUNS_PER_ADVANCE) return "yield";
          runs += 1;
          step.run();
          break;
        case "ship":
          if (!this.#ship(step)) return "blocked";
          break;
        case "wait":
          if (this.#failure !== null) throw this.#failure.error;
          return "waiting";
        case "forward":
          if (!this.#forward(step)) return "blocked";
          break;
      }
    }
  }

  #push(step: ChainStep, event: ChainStep["event"]): void {
    step.begin(event);
    this.#stack.push(step);
  }

  /** Hands out rows until another step has to run first. @returns false = blocked */
  #ship(step: ChainStep): boolean {
    for (; step.outputIndex < step.outputs.length; step.outputIndex++, step.readerIndex = 0) {
      const { output, steps, targets } = step.outputs[step.outputIndex] as StepOutput;
      const { builder } = output;
      if (builder === null || builder.rowCount === 0) continue;
      while (step.readerIndex < targets.length) {
        if (!targets[step.readerIndex]?.write(builder)) return false;
        step.readerIndex += 1;
      }
      const next = steps[step.readerIndex - targets.length];
      if (next !== undefined) {
        step.readerIndex += 1;
        this.#push(next, { kind: "data", view: builder });
        return true;
      }
      if (step.event.kind === "poll") this.#listener.sourceRows(builder.rowCount);
      builder.reset();
    }
    this.#afterShipping(step);
    return true;
  }

  #afterShipping(step: ChainStep): void {
    const own = step.segment.takeControl?.() ?? null;
    if (own !== null) step.forward(own);
    else if (step.event.kind === "poll") {
      this.#pollStatus = step.status;
      this.#stack.pop();
    } else if (step.status === STATUS_OUTPUT_FULL) {
      step.phase = "run";
    } else if (step.status === STATUS_NEED_HOST) {
      this.#waitForHost(step);
    } else if (step.status !== STATUS_DONE) {
      throw new TypeError(`a segment answered status ${step.status}`);
    } else if (step.event.kind === "data" || step.keepsEvent) {
      this.#stack.pop();
    } else {
      if (step.event.kind === "barrier") this.#listener.atBarrier?.(step.segment, step.event);
      step.forward(null);
    }
  }

  /** Hands a control event or a timer on until another step has to run first. @returns false = blocked */
  #forward(step: ChainStep): boolean {
    const event = step.forwarded;
    for (; step.outputIndex < step.outputs.length; step.outputIndex++, step.readerIndex = 0) {
      const { steps, targets } = step.outputs[step.outputIndex] as StepOutput;
      while (step.readerIndex < targets.length) {
        if (event.kind !== "timer" && !targets[step.readerIndex]?.writeControl(event)) return false;
        step.readerIndex += 1;
      }
      const next = steps[step.readerIndex - targets.length];
      if (next !== undefined) {
        step.readerIndex += 1;
        this.#push(next, event);
        return true;
      }
    }
    if (step.own === null) this.#stack.pop();
    else step.ship();
    return true;
  }

  #waitForHost(step: ChainStep): void {
    step.phase = "wait";
    step.segment.hostWork().then(
      () => {
        step.phase = "run";
        this.#listener.wake();
      },
      (error: unknown) => {
        this.#failure = { error };
        this.#listener.wake();
      },
    );
  }
}

/** Makes the steps of a chain, children before their parents. */
function createHead(nodes: readonly ChainNode[], exits: readonly ChainExit[]): ChainStep {
  const steps = new Map<ChainNode, ChainStep>();
  for (const node of nodes.toReversed()) {
    const outputs = node.segment.outputs.map((output) => ({
      output,
      steps: nodes.flatMap((child) => (isFedBy(child, output) ? (steps.get(child) ?? []) : [])),
      targets: exits.filter((exit) => isSame(exit, output)).map(({ target }) => target),
    }));
    steps.set(node, new ChainStep(node.segment, outputs));
  }
  const head = [...steps.values()].at(-1);
  if (head === undefined) throw new TypeError("a chain needs a segment");
  const known = nodes.flatMap(({ segment }) => segment.outputs);
  for (const ref of [...exits, ...nodes.flatMap(({ input }) => input ?? [])]) {
    if (known.some((output) => isSame(output, ref))) continue;
    throw new TypeError(`the chain has no output ${ref.output} of operator ${ref.operatorId}`);
  }
  return head;
}

function isFedBy(node: ChainNode, output: OutputRef): boolean {
  return node.input !== null && isSame(node.input, output);
}

function isSame(a: OutputRef, b: OutputRef): boolean {
  return a.operatorId === b.operatorId && a.output === b.output;
}
