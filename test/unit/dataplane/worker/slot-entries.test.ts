/**
 * The two entries of the control plane, with the operators of the engine: runSlot and runInProcess.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { NumberSequenceSource } from "../../../../dataplane/connectors/number-sequence-source.ts";
import type { OperatorSpec, SlotDeployment } from "../../../../dataplane/protocol/deployment.ts";
import type { SlotCommand, SlotReport } from "../../../../dataplane/protocol/messages.ts";
import type { ProgramSpec } from "../../../../dataplane/protocol/program-spec.ts";
import { runInProcess } from "../../../../dataplane/worker/in-process.ts";
import type { SlotAnswer } from "../../../../dataplane/worker/slot-task.ts";
import { deployTestJob } from "./test-job.ts";

const LONG = { record: { kind: "LONG" }, key: null } as const;
const base = { inputType: LONG, outputType: LONG, engine: "js" } as const;

const sourceOperators: readonly OperatorSpec[] = [
  { ...base, id: "source", name: "Source", input: null, kind: "source" },
  { ...base, id: "map", name: "Map", input: "source", kind: "map" },
];
const printOperators: readonly OperatorSpec[] = [
  {
    ...base,
    id: "print",
    name: "Print",
    input: null,
    kind: "print",
    identifier: "",
    toStderr: false,
  },
];

/** source, map -> print, in `slots` slots. */
function deploy(slots: number): SlotDeployment[] {
  const unused = () => assert.fail("the engine's own operators are used");
  const vertex = (id: string) => ({
    id,
    parallelism: slots,
    operators: [{ id, input: null, segment: unused }],
  });
  const job = {
    vertices: [vertex("source"), vertex("print")],
    edges: [
      {
        source: "source",
        operatorId: "map",
        target: "print",
        partitioner: { kind: "rebalance" } as const,
        type: LONG,
      },
    ],
  };
  return deployTestJob(job, { slots }).map((deployment) => ({
    ...deployment,
    tasks: deployment.tasks.map((task) => ({
      ...task,
      operators: task.vertexId === "source" ? sourceOperators : printOperators,
    })),
  }));
}

const functions = new Map<string, unknown>([
  ["source/source", new NumberSequenceSource(1, 5)],
  ["map/fn", (value: number) => value * 10],
]);

/** Deals out splits as a job master does, and collects what is printed. */
class Master {
  readonly reports: SlotReport[] = [];
  #ready = 0;
  readonly #slots: number;
  readonly #send: (slotIndex: number, command: SlotCommand) => void;
  readonly #enumerator;

  constructor(slots: number, send: (slotIndex: number, command: SlotCommand) => void) {
    this.#slots = slots;
    this.#send = send;
    const vertexId = "source";
    this.#enumerator = new NumberSequenceSource(1, 5).createEnumerator({
      operatorName: "Source",
      parallelism: slots,
      assignSplits: (splits, subtaskIndex) =>
        send(subtaskIndex, { kind: "add-splits", vertexId, subtaskIndex, splits }),
      signalNoMoreSplits: (subtaskIndex) =>
        send(subtaskIndex, { kind: "no-more-splits", vertexId, subtaskIndex }),
    });
  }

  handle(report: SlotReport): void {
    this.reports.push(report);
    if (report.kind === "request-splits") this.#enumerator.handleSplitRequest(report.subtaskIndex);
    if (report.kind !== "ready") return;
    this.#ready += 1;
    if (this.#ready < this.#slots) return;
    for (let slot = 0; slot < this.#slots; slot++) {
      this.#send(slot, { kind: "start" });
      this.#send(slot, { kind: "close" });
    }
    void this.#enumerator.start();
  }

  get lines(): string[] {
    const texts = this.reports.flatMap((report) =>
      report.kind === "printed" ? [report.text] : [],
    );
    return texts.join("").split("\n").filter(Boolean).toSorted();
  }

  count(kind: SlotReport["kind"]): number {
    return this.reports.filter((report) => report.kind === kind).length;
  }
}

for (const slots of [1, 2]) {
  test(`runInProcess runs ${slots} slots on this thread to their end`, async () => {
    const master: Master = new Master(slots, (slot, command) => running.send(slot, command));
    const running = runInProcess(deploy(slots), functions, (_, report) => master.handle(report));
    await running.ended;
    const values = master.lines.map((line) => line.replace(/^\d> /, "")).toSorted();
    assert.deepEqual(values, ["10", "20", "30", "40", "50"]);
    assert.equal(master.count("finished"), 2 * slots);
  });
}

test("runInProcess ends when it is canceled before anything was started", async () => {
  const reports: SlotReport[] = [];
  const running = runInProcess(deploy(1), functions, (_, report) => reports.push(report));
  running.send(0, { kind: "cancel", subtasks: null });
  running.send(0, { kind: "close" });
  await running.ended;
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ["ready", "canceled", "canceled"],
  );
});

interface SlotRun {
  readonly answer: SlotAnswer;
  readonly master: Master;
}

/** runSlot() on a thread, as the pool runs it. */
async function runSlot(name: string): Promise<SlotRun> {
  const { port1, port2 } = new MessageChannel();
  const master = new Master(1, (_, command) => port1.postMessage(command));
  port1.on("message", (report: SlotReport) => master.handle(report));
  const program: ProgramSpec = {
    kind: "script",
    url: new URL(`fixtures/${name}.js`, import.meta.url).href,
    path: `${name}.ts`,
    args: [],
    executeIndex: 0,
    earlierResults: [],
    settings: {},
    planHash: "abc",
    planText: "",
  };
  const workerData = { deployment: deploy(1)[0], program, port: port2 };
  const entry = new URL("slot-task-thread.js", import.meta.url);
  const worker = new Worker(entry, { workerData, transferList: [port2] });
  const closed = once(port1, "close");
  const [answer] = (await once(worker, "message")) as [SlotAnswer];
  await closed;
  return { answer, master };
}

test("runSlot loads the program, runs the slot to its end, answers ok and closes its port", async () => {
  const { answer, master } = await runSlot("script-program");
  assert.deepEqual(answer, { ok: true });
  assert.deepEqual(master.lines, ["10", "20", "30", "40", "50"]);
  assert.equal(master.count("finished"), 2);
});

test("runSlot answers a program that cannot be loaded with a coded error and never rejects", async () => {
  const { answer, master } = await runSlot("idle-program");
  assert.ok(!answer.ok && answer.error.code === "MR_PROGRAM_NO_JOB");
  assert.deepEqual(master.reports, []);
});

test("runSlot answers what a program throws, with its cause", async () => {
  const { answer } = await runSlot("broken-program");
  assert.ok(!answer.ok);
  assert.equal(answer.error.code, "MR_WORKER_DIED");
  assert.match(JSON.stringify(answer.error.cause), /RangeError.*no such table/);
});
