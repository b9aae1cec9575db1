/** A slot of a named test job on a worker thread, over real doorbells. */
import { type MessagePort, workerData } from "node:worker_threads";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import type { SlotDeployment } from "../../../../dataplane/protocol/deployment.ts";
import { STATUS_DONE, STATUS_NEED_HOST } from "../../../../dataplane/protocol/status.ts";
import { systemClock } from "../../../../dataplane/worker/clock.ts";
import { Doorbell } from "../../../../dataplane/worker/exchange/doorbell.ts";
import { runMailboxLoop } from "../../../../dataplane/worker/mailbox-loop.ts";
import { createPrng } from "../../../../dataplane/worker/prng.ts";
import type { SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { DoorbellSleeper } from "../../../../dataplane/worker/sleeper.ts";
import { Slot } from "../../../../dataplane/worker/slot.ts";
import { segmentsOf, type TestJob } from "./test-job.ts";
import { CountingSource, Multiplier, readInts, TinySegment } from "./tiny-segments.ts";

const REBALANCE = { kind: "rebalance" } as const;

/** Reports number and sum of its rows at the end. */
class SumSink extends TinySegment {
  readonly outputs = [];
  readonly #context: SegmentContext;
  #count = 0;
  #sum = 0;

  constructor(context: SegmentContext) {
    super();
    this.#context = context;
  }

  process(input: BatchView): number {
    for (const value of readInts(input)) this.#sum += value;
    this.#count += input.rowCount;
    return STATUS_DONE;
  }

  override endOfInput(): number {
    const text = JSON.stringify({ count: this.#count, sum: this.#sum });
    this.#context.report({ kind: "printed", text, toStderr: false });
    return STATUS_DONE;
  }
}

/** Has rows whenever a timer says so. */
class TimedSource extends CountingSource {
  override poll(): number {
    const status = super.poll();
    return status === STATUS_DONE ? STATUS_DONE : STATUS_NEED_HOST;
  }

  override hostWork(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** Never waits for anything and never ends. */
class EndlessSource extends CountingSource {
  override poll(): number {
    this.next = 0;
    super.poll();
    return STATUS_DONE + 1;
  }
}

/** Ends its thread at the first row. */
class DeadlySink extends SumSink {
  override process(): number {
    process.exit(3);
  }
}

function chainOf(
  source: (context: SegmentContext) => CountingSource,
  sink: (context: SegmentContext) => TinySegment,
): TestJob {
  return {
    vertices: [
      {
        id: "source",
        parallelism: 2,
        operators: [{ id: "s", input: null, isSource: true, segment: source }],
      },
      {
        id: "expand",
        parallelism: 2,
        operators: [
          { id: "x", input: null, segment: (context) => new Multiplier(context, "x", 10, 100) },
        ],
      },
      { id: "sink", parallelism: 2, operators: [{ id: "l", input: null, segment: sink }] },
    ],
    edges: [
      { source: "source", operatorId: "s", target: "expand", partitioner: REBALANCE },
      { source: "expand", operatorId: "x", target: "sink", partitioner: REBALANCE },
    ],
  };
}

export const namedJobs = {
  busy: chainOf(
    (context) => new CountingSource(context, "s", 20_000),
    (context) => new SumSink(context),
  ),
  trickling: chainOf(
    (context) => new TimedSource(context, "s", 500, 4),
    (context) => new SumSink(context),
  ),
  endless: chainOf(
    (context) => new EndlessSource(context, "s", 1000),
    (context) => new SumSink(context),
  ),
  deadly: chainOf(
    (context) => new EndlessSource(context, "s", 1000),
    (context) => (context.subtaskIndex === 0 ? new SumSink(context) : new DeadlySink(context)),
  ),
} satisfies Record<string, TestJob>;

export interface SlotThreadData {
  readonly name: keyof typeof namedJobs;
  readonly deployment: SlotDeployment;
  readonly port: MessagePort;
}

const data = workerData as SlotThreadData | null;
if (data !== null) await run(data);

async function run({ name, deployment, port }: SlotThreadData): Promise<void> {
  const sleeper = new DoorbellSleeper(new Doorbell(deployment.doorbells, deployment.doorbell));
  const slot = new Slot({
    deployment,
    functions: new Map(),
    peers: "other-threads",
    clock: systemClock,
    prng: createPrng(1),
    createSegments: segmentsOf(namedJobs[name]),
    report: (report) => port.postMessage(report),
    wake: () => sleeper.wake(),
  });
  port.on("message", (command: Parameters<Slot["handle"]>[0]) => slot.handle(command));
  slot.announce();
  await runMailboxLoop(slot, sleeper, systemClock);
  port.postMessage({ kind: "balance", bytes: slot.memoryManager.borrowed });
  port.close();
}
