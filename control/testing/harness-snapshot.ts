/** Snapshots of a harness: JSON, so that a test can keep one in a file and restore it in a later version. */

import { packGeneric, unpackGeneric } from "../../dataplane/formats/generic.ts";
import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { OperatorStateEntry } from "../../dataplane/protocol/operator-state.ts";
import { STATUS_DONE } from "../../dataplane/protocol/status.ts";
import { shareOf } from "../../dataplane/worker/checkpoint/operator-shares.ts";
import type { SubtaskPlace } from "../../dataplane/worker/checkpoint/segment-rows.ts";
import type { Segment } from "../../dataplane/worker/segment.ts";
import type { HarnessTasks, RunningSegment } from "./harness-tasks.ts";
import { restoreSegment, snapshotSegment } from "./segment-state.ts";

const VERSION = 1;

/** State of one operator in one subtask. */
interface OperatorSnapshot {
  readonly operatorId: string;
  /** What it is: a process function, a window. */
  readonly kind: string;
  readonly engine: "wasm" | "js";
  readonly maxParallelism: number;
  /** null = there was no state. */
  readonly type: BatchType | null;
  /** Base64. */
  readonly batches: readonly string[];
  /** State that belongs to no key; absent = none. */
  readonly operatorState?: {
    readonly subtaskIndex: number;
    /** A GENERIC value, base64. */
    readonly entries: string;
  };
}

/**
 * The state of all operators of a harness in all their subtasks: keyed state, timers, broadcast state,
 * operator state, requests under way. Opaque, and JSON: it may be written to a file. Made by snapshot(), taken by the
 * option `restore`.
 * @public
 */
export interface HarnessSnapshot {
  /** @internal */
  readonly version: number;
  /** @internal */
  readonly operators: readonly OperatorSnapshot[];
}

/** @param checkpointId larger than that of the snapshot before */
export async function takeSnapshot(
  { segments }: HarnessTasks,
  checkpointId: bigint,
): Promise<HarnessSnapshot> {
  const operators: OperatorSnapshot[] = [];
  for (const { operatorId, kind, segment, context } of segments) {
    await prepareBarrier(segment);
    const { type, batches } = snapshotSegment(segment, context.memory, checkpointId);
    const entries = segment.operatorState?.() ?? [];
    if (type === null && entries.length === 0) continue;
    const { subtaskIndex, maxParallelism } = context;
    const { engine } = segment;
    const packed = packGeneric(entries, { operator: operatorId, path: "state" });
    const operatorState = { subtaskIndex, entries: base64(packed) };
    operators.push({
      ...{ operatorId, kind, engine, maxParallelism, type, batches: batches.map(base64) },
      ...(entries.length === 0 ? {} : { operatorState }),
    });
  }
  return { version: VERSION, operators };
}

/** Operators whose rows go on keep what they have: it is in their state, too. */
async function prepareBarrier(segment: Segment): Promise<void> {
  if (segment.prepareBarrier === undefined || segment.outputs.length > 0) return;
  const cursor = { row: 0, step: 0 };
  while (segment.prepareBarrier(cursor) !== STATUS_DONE) await segment.hostWork();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** What a subtask has to begin with that belongs to no key. Errors: MR_TESTING_SNAPSHOT. */
export function operatorStateOf(
  snapshot: HarnessSnapshot,
  operatorId: string,
  { subtaskIndex, parallelism }: SubtaskPlace,
): readonly OperatorStateEntry[] {
  const subtasks: (readonly OperatorStateEntry[])[] = [];
  for (const state of checkSnapshot(snapshot).operators) {
    if (state.operatorId !== operatorId || state.operatorState === undefined) continue;
    const { subtaskIndex: index, entries } = state.operatorState;
    const bytes = Buffer.from(entries, "base64");
    subtasks[index] = unpackGeneric(bytes) as readonly OperatorStateEntry[];
  }
  const all = [...subtasks].map((entries) => entries ?? []);
  return shareOf(all, subtaskIndex, parallelism);
}

/** Before the first record. Errors: MR_TESTING_SNAPSHOT, MR_STATE_KIND. */
export function restoreSnapshot({ segments }: HarnessTasks, snapshot: HarnessSnapshot): void {
  for (const state of checkSnapshot(snapshot).operators) {
    const own = segments.filter(({ operatorId }) => operatorId === state.operatorId);
    if (own.length === 0) throw refused(`there is no operator ${state.operatorId} here`);
    for (const running of own) restoreOperator(running, state);
  }
}

function checkSnapshot(snapshot: HarnessSnapshot): HarnessSnapshot {
  if (snapshot?.version === VERSION && Array.isArray(snapshot.operators)) return snapshot;
  throw refused("it is none that a harness of this version took");
}

function restoreOperator(running: RunningSegment, state: OperatorSnapshot): void {
  const { segment, context } = running;
  const { kind, engine, maxParallelism, type, batches } = state;
  if (kind !== running.kind) {
    throw refused(`operator ${state.operatorId} was a ${kind}, and is a ${running.kind} here`);
  }
  if (engine !== segment.engine) {
    throw refused(`an operator ran in ${engine}, and runs in ${segment.engine} here`);
  }
  if (maxParallelism !== context.maxParallelism) {
    const here = context.maxParallelism;
    throw refused(`the maximum parallelism was ${maxParallelism}, and is ${here} here`);
  }
  const decoded = batches.map((text) => new Uint8Array(Buffer.from(text, "base64")));
  restoreSegment(segment, context.memory, { type, batches: decoded }, context);
}

function refused(message: string): EngineError {
  return new EngineError("MR_TESTING_SNAPSHOT", { message });
}
