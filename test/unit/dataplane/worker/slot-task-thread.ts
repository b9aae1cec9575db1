/** The pool's part of a slot: calls runSlot() with what it was given and hands its answer back. */
import { parentPort, workerData } from "node:worker_threads";
import { runSlot, type SlotTask } from "../../../../dataplane/worker/slot-task.ts";

parentPort?.postMessage(await runSlot(workerData as SlotTask));
