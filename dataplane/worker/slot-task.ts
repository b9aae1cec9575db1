/**
 * A slot on a worker thread: the resident task of the pool, from the deployment to the end of the
 * job.
 */
import { type MessagePort, workerData } from "node:worker_threads";
import type { SlotDeployment } from "../protocol/deployment.ts";
import { EngineError, type WireError } from "../protocol/errors.ts";
import type { SlotCommand, SlotReport } from "../protocol/messages.ts";
import type { ProgramSpec } from "../protocol/program-spec.ts";
import { systemClock } from "./clock.ts";
import { Doorbell } from "./exchange/doorbell.ts";
import { runMailboxLoop } from "./mailbox-loop.ts";
import { createSegments } from "./operators/create-segments.ts";
import { createPrng, randomSeed } from "./prng.ts";
import { loadFunctions } from "./program-loader.ts";
import { DoorbellSleeper } from "./sleeper.ts";
import { Slot } from "./slot.ts";

preload(workerData as { readonly preload?: string } | undefined);

export interface SlotTask {
  readonly deployment: SlotDeployment;
  readonly program: ProgramSpec;
  /** SlotReports go out, SlotCommands come in. */
  readonly port: MessagePort;
}

/** The pool strips errors of name, code and details: they are handed back as values. */
export type SlotAnswer = { readonly ok: true } | { readonly ok: false; readonly error: WireError };

/** Settled when every subtask has ended, however it did. Never rejects. */
export async function runSlot(task: SlotTask): Promise<SlotAnswer> {
  const { deployment, program, port } = task;
  try {
    const commands = new CommandQueue(port);
    const functions = await loadFunctions(program, deployment.slotIndex);
    await run(task, functions, commands);
    return { ok: true };
  } catch (error) {
    return { ok: false, error: asEngineError(error, deployment.slotIndex).toWire() };
  } finally {
    port.close();
    await Promise.all([handedOver(process.stdout), handedOver(process.stderr)]);
  }
}

/** Settled when the main thread has what user functions wrote: what it has not dies with the thread. */
function handedOver(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write("", () => resolve()));
}

/** The engine as programs import it: the thread loads it before it has a job. */
function preload(data: { readonly preload?: string } | undefined): void {
  // Whoever imports it is told why it cannot be.
  if (data?.preload !== undefined) import(data.preload).catch(() => undefined);
}

async function run(
  { deployment, program, port }: SlotTask,
  functions: ReadonlyMap<string, unknown>,
  commands: CommandQueue,
): Promise<void> {
  const sleeper = new DoorbellSleeper(new Doorbell(deployment.doorbells, deployment.doorbell));
  const slot = new Slot({
    deployment,
    functions,
    peers: "other-threads",
    clock: systemClock,
    prng: createPrng(randomSeed()),
    createSegments,
    report: (report) => port.postMessage(report, transferable(report)),
    wake: () => sleeper.wake(),
  });
  slot.announce();
  const failed = commands.passTo(async (command) => {
    if (command.kind !== "deploy") slot.handle(command);
    else {
      // Functions of an attempt remember nothing of the one before.
      const url = `${program.url}?attempt=${command.attempt}`;
      slot.deploy(command.tasks, await loadFunctions({ ...program, url }, deployment.slotIndex));
    }
  });
  await Promise.race([runMailboxLoop(slot, sleeper, systemClock), failed]);
}

/** Commands that come while the program is loaded wait. The port keeps the thread alive. */
class CommandQueue {
  readonly #waiting: SlotCommand[] = [];
  #add: (command: SlotCommand) => void = (command) => this.#waiting.push(command);

  constructor(port: MessagePort) {
    port.on("message", (command: SlotCommand) => this.#add(command));
  }

  /** One behind the other. @returns rejects with the first failure */
  passTo(handle: (command: SlotCommand) => Promise<void>): Promise<never> {
    return new Promise((_, reject) => {
      let handled = Promise.resolve();
      this.#add = (command) => {
        handled = handled.then(() => handle(command));
        handled.catch(reject);
      };
      for (const command of this.#waiting.splice(0)) this.#add(command);
    });
  }
}

/** The buffer of a collected batch, if nothing else lies in it. */
function transferable(report: SlotReport): readonly ArrayBuffer[] {
  if (report.kind !== "collected") return [];
  const { buffer, byteLength } = report.batch;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

function asEngineError(error: unknown, slot: number): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_WORKER_DIED", { slot, message }, error);
}
