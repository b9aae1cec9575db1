/** Snapshots of a harness: JSON, so that a test can keep one in a file and restore it in a later version. */

import type { BatchType } from "../../dataplane/protocol/deployment.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
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
}

/**
 * The state of all operators of a harness in all their subtasks: keyed state, timers, broadcast state,
 * requests under way. Opaque, and JSON: it may be written to a file. Made by snapshot(), taken by the
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
export function takeSnapshot({ segments }: HarnessTasks, checkpointId: bigint): HarnessSnapshot {
  const operators = segments.map(({ operatorId, kind, segment, context }) => {
    const { type, batches } = snapshotSegment(segment, context.memory, checkpointId);
    const { maxParallelism } = context;
    const encoded = batches.map((batch) => Buffer.from(batch).toString("base64"));
    return { operatorId, kind, engine: segment.engine, maxParallelism, type, batches: encoded };
  });
  return { version: VERSION, operators: operators.filter(({ type }) => type !== null) };
}

/** Before the first record. Errors: MR_TESTING_SNAPSHOT, MR_STATE_KIND. */
export function restoreSnapshot({ segments }: HarnessTasks, snapshot: HarnessSnapshot): void {
  if (snapshot?.version !== VERSION || !Array.isArray(snapshot.operators)) {
    throw refused("it is none that a harness of this version took");
  }
  for (const state of snapshot.operators) {
    const own = segments.filter(({ operatorId }) => operatorId === state.operatorId);
    if (own.length === 0) throw refused(`there is no operator ${state.operatorId} here`);
    for (const running of own) restoreOperator(running, state);
  }
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
