/** What subtasks take of a checkpoint, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobVertex } from "../../../../control/plan/job-graph.ts";
import { type JobCheckpoint, restoreOf } from "../../../../control/runtime/job-checkpoint.ts";
import { SourceCoordinator } from "../../../../control/runtime/source-coordinator.ts";
import type { Source } from "../../../../dataplane/connectors/source.ts";
import { throwsCode } from "../throws-code.ts";

const STATE = { kind: "memory", rows: [], operatorState: [] } as const;

function checkpointOf(...subtasks: readonly (typeof STATE | null)[]): JobCheckpoint {
  const vertices = [{ operatorIds: ["a", "b"], maxParallelism: 128, subtasks }];
  return { checkpointId: 7, vertices, enumerators: new Map() };
}

function vertexOf(maxParallelism: number, ...ids: readonly string[]): JobVertex {
  const operators = ids.map((id) => ({ id, name: id }));
  return { operators, maxParallelism } as unknown as JobVertex;
}

test("operators take what the subtasks of theirs have left, however they were chained", () => {
  assert.deepEqual(restoreOf(checkpointOf(STATE, null), vertexOf(128, "b", "new")), {
    checkpointId: 7,
    hasFinished: false,
    operators: [
      { operatorId: "b", name: "b", subtasks: [STATE, null] },
      { operatorId: "new", name: "new", subtasks: [] },
    ],
  });
  assert.equal(restoreOf(checkpointOf(null, null), vertexOf(128, "a")).hasFinished, true);
  assert.equal(restoreOf(checkpointOf(null, null), vertexOf(128, "new")).hasFinished, false);
});

test("another max parallelism is refused, and a source that cannot go on", () => {
  throwsCode("MR_CHECKPOINT_UNSUITABLE", () => restoreOf(checkpointOf(STATE), vertexOf(64, "a")));
  const source = { createEnumerator: () => assert.fail() } as unknown as Source<unknown>;
  const receiver = { addSplits: () => undefined, noMoreSplits: () => undefined };
  throwsCode(
    "MR_CHECKPOINT_UNSUITABLE",
    () => new SourceCoordinator(source, "ticks", 1, receiver, { checkpointId: 7, state: null }),
  );
});
