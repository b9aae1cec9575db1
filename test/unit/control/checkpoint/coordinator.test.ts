import assert from "node:assert/strict";
import { test } from "node:test";
import { failureCause, isSettled } from "../../../../control/checkpoint/coordinator.ts";
import type { TerminalStatus } from "../../../../control/checkpoint/coordinator-types.ts";
import type { CheckpointingSpec } from "../../../../control/plan/checkpoint-schema.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { CAUSE, CoordinatorDriver } from "./coordinator-driver.ts";

const idsOf = (attempts: readonly { subtask: string }[] | undefined) =>
  attempts?.map(({ subtask }) => subtask);

test("a checkpoint is triggered at sources, and complete when its manifest is written", () => {
  const driver = new CoordinatorDriver();
  driver.period();
  assert.deepEqual(idsOf(driver.find("trigger")?.attempts), ["source/0", "source/1"]);
  driver.acknowledge(1, "source/0", "source/1", "sink/0");
  assert.deepEqual(driver.kinds(), []);
  driver.acknowledge(1, "sink/1");
  assert.deepEqual(driver.kinds(), ["write-manifest"]);
  assert.equal(driver.find("write-manifest")?.states.get("sink/1"), "1/sink/1");
  driver.send({ kind: "manifest-written", checkpointId: 1 });
  assert.deepEqual(driver.find("notify-complete")?.attempts.length, 4);
  assert.ok(isSettled(driver.state));
});

test("a second acknowledgement of a subtask changes nothing", () => {
  const driver = new CoordinatorDriver();
  driver.period();
  driver.acknowledge(1, "source/0");
  const before = driver.state;
  driver.acknowledge(1, "source/0", "source/0", "source/0");
  assert.deepEqual(driver.state.pending, before.pending);
  assert.deepEqual(driver.kinds(), []);
});

test("what an attempt of the past says is ignored, and its state deleted", () => {
  const driver = new CoordinatorDriver();
  driver.period();
  driver.fail("source/0");
  const late = { subtask: "sink/0", attempt: 0, checkpointId: 1, state: "late" };
  driver.send({ kind: "acknowledged", ...late });
  assert.deepEqual(driver.actions, [{ kind: "discard-state", ...late }]);
});

test("only while all subtasks run there are checkpoints", () => {
  const driver = new CoordinatorDriver({ isPointwise: true });
  driver.fail("sink/0");
  assert.equal(driver.state.periodicTimer, null);
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: null });
  assert.deepEqual(driver.actions, [
    {
      kind: "answer",
      requestId: "r",
      answer: { isCompleted: false, reason: "not-all-running", error: null, checkpointId: null },
    },
  ]);
});

test("a checkpoint that is asked for waits for nothing, and its id is the answer", () => {
  const driver = new CoordinatorDriver({ checkpointing: { minPauseMs: 1000 } });
  driver.checkpoint();
  driver.send({ kind: "checkpoint-requested", requestId: "r" });
  assert.equal(driver.find("begin-checkpoint")?.type, "checkpoint");
  driver.acknowledgeAll(2);
  driver.send({ kind: "manifest-written", checkpointId: 2 });
  assert.deepEqual(driver.find("answer"), {
    kind: "answer",
    requestId: "r",
    answer: { isCompleted: true, checkpointId: 2 },
  });
  assert.equal(driver.state.completed.at(-1)?.checkpointId, 2);
});

test("a checkpoint that is asked for and comes to nothing is answered with the reason", () => {
  const driver = new CoordinatorDriver();
  driver.send({ kind: "checkpoint-requested", requestId: "r" });
  driver.fail("source/0");
  const answer = driver.find("answer")?.answer;
  assert.equal(answer?.isCompleted === false && answer.reason, "job-failed");
});

test("a checkpoint that is due waits for the one in flight, a savepoint does not", () => {
  const driver = new CoordinatorDriver();
  driver.period();
  driver.period();
  assert.equal(driver.find("begin-checkpoint"), undefined);
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: null });
  assert.equal(driver.find("begin-checkpoint")?.type, "savepoint");
  driver.acknowledgeAll(1);
  driver.send({ kind: "manifest-written", checkpointId: 1 });
  assert.equal(driver.find("begin-checkpoint"), undefined); // The savepoint is one in flight.
  driver.acknowledgeAll(2);
  driver.send({ kind: "manifest-written", checkpointId: 2 });
  assert.deepEqual(driver.kinds(), [
    "cancel-timer",
    "answer",
    "set-timer",
    "begin-checkpoint",
    "trigger",
  ]);
});

test("the pause is kept between the end of one and the beginning of the next", () => {
  const driver = new CoordinatorDriver({ checkpointing: { minPauseMs: 150, maxConcurrent: 3 } });
  driver.period();
  driver.period();
  assert.equal(driver.state.pending.size, 1);
  driver.acknowledgeAll(1);
  driver.send({ kind: "manifest-written", checkpointId: 1 });
  assert.equal(driver.find("set-timer")?.delayMs, 150);
  driver.period(150);
  assert.equal(driver.find("begin-checkpoint")?.checkpointId, 2);
});

test("a completed checkpoint subsumes older ones in flight, but no savepoint", () => {
  const driver = new CoordinatorDriver({ checkpointing: { maxConcurrent: 3 } });
  driver.period();
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: null });
  driver.period();
  driver.acknowledgeAll(3);
  driver.send({ kind: "manifest-written", checkpointId: 3 });
  assert.deepEqual([...driver.state.pending.keys()], [2]);
  assert.equal(driver.find("notify-aborted")?.checkpointId, 1);
  assert.equal(driver.state.failedInRow, 0);
});

test("more failed checkpoints in a row than tolerable fail the job, with the last cause", () => {
  const driver = new CoordinatorDriver({ checkpointing: { tolerableFailures: 1 } });
  const decline = () => {
    driver.period();
    const checkpointId = driver.state.nextCheckpointId - 1;
    driver.send({ kind: "declined", checkpointId, cause: CAUSE });
  };
  decline();
  driver.checkpoint();
  decline();
  assert.equal(driver.state.restarting, null);
  decline();
  const [failure] = driver.state.failures;
  assert.equal(failure?.cause.error.code, "MR_CHECKPOINT_FAILURES");
  assert.deepEqual(failure?.cause.error.cause, CAUSE.error);
  assert.equal(driver.find("cancel-subtasks")?.attempts.length, 4);
});

test("a checkpoint that takes too long is aborted, naming who has not acknowledged", () => {
  const driver = new CoordinatorDriver();
  driver.period();
  driver.acknowledge(1, "source/0", "source/1", "sink/1");
  const timerId = driver.state.pending.get(1)?.expiryTimer ?? -1;
  driver.send({ kind: "timer", timerId });
  const cause = driver.state.failures[0]?.cause.error.cause;
  assert.deepEqual(cause, {
    code: "MR_CHECKPOINT_EXPIRED",
    details: { checkpoint: 1, timeoutMs: 1000, missing: "sink/0" },
  });
});

test("a manifest that is written too late is deleted when it has been", () => {
  const driver = new CoordinatorDriver({ checkpointing: { tolerableFailures: 9 } });
  driver.period();
  driver.acknowledgeAll(1);
  driver.send({ kind: "timer", timerId: driver.state.pending.get(1)?.expiryTimer ?? -1 });
  assert.equal(driver.find("discard-checkpoint"), undefined);
  assert.ok(!isSettled(driver.state));
  driver.send({ kind: "manifest-written", checkpointId: 1 });
  assert.deepEqual(driver.actions, [{ kind: "discard-checkpoint", checkpointId: 1 }]);
});

test("what has finished counts as acknowledged, and its consumers are triggered for it", () => {
  const driver = new CoordinatorDriver({ isPointwise: true });
  driver.period();
  driver.subtask("finished", "source/0");
  assert.deepEqual(idsOf(driver.find("trigger")?.attempts), ["sink/0"]);
  driver.acknowledge(1, "source/1", "sink/0", "sink/1");
  assert.equal(driver.find("write-manifest")?.states.get("source/0"), null);
});

test("checkpoints after the end of a task can be switched off", () => {
  const driver = new CoordinatorDriver({ checkpointing: { afterTasksFinish: false } });
  driver.subtask("finished", "source/0");
  driver.period();
  assert.equal(driver.find("begin-checkpoint"), undefined);
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: null });
  const answer = driver.find("answer")?.answer;
  assert.equal(answer?.isCompleted === false && answer.reason, "some-finished");
});

test("when all that is left waits for a checkpoint, it begins at once", () => {
  const driver = new CoordinatorDriver({ checkpointing: { minPauseMs: 1000 } });
  driver.checkpoint();
  for (const subtask of ["source/0", "source/1"]) driver.subtask("finished", subtask);
  driver.subtask("waiting", "sink/0");
  assert.equal(driver.find("begin-checkpoint"), undefined);
  driver.subtask("waiting", "sink/1");
  assert.equal(driver.find("begin-checkpoint")?.checkpointId, 2);
  assert.deepEqual(idsOf(driver.find("trigger")?.attempts), ["sink/0", "sink/1"]);
});

test("only the region of a failure starts again, when it has ended and its delay is over", () => {
  const driver = new CoordinatorDriver({ isPointwise: true });
  driver.checkpoint();
  driver.fail("sink/0");
  assert.deepEqual(idsOf(driver.find("cancel-subtasks")?.attempts), ["source/0"]);
  driver.send({ kind: "timer", timerId: driver.state.restarting?.timer ?? -1 });
  assert.deepEqual(driver.actions, []);
  driver.subtask("canceled", "source/0");
  assert.deepEqual(driver.actions, [
    {
      kind: "restart",
      attempts: [
        { subtask: "source/0", attempt: 1 },
        { subtask: "sink/0", attempt: 1 },
      ],
      isGlobal: false,
      checkpointId: 1,
    },
  ]);
});

test("a restart waits for the manifest that is being written, and restores it", () => {
  const driver = new CoordinatorDriver();
  driver.period();
  driver.acknowledgeAll(1);
  driver.fail("source/0", "source/1", "sink/0", "sink/1");
  driver.send({ kind: "timer", timerId: driver.state.restarting?.timer ?? -1 });
  assert.equal(driver.find("restart"), undefined);
  driver.send({ kind: "manifest-written", checkpointId: 1 });
  assert.equal(driver.find("restart")?.checkpointId, 1);
  assert.equal(driver.find("restart")?.isGlobal, true);
});

test("what fails while it is being taken down is no other failure", () => {
  const driver = new CoordinatorDriver();
  driver.fail("sink/0");
  driver.fail("source/0", "sink/1");
  assert.equal(driver.state.failures.length, 1);
});

test("a job that is wrong does not start again", () => {
  const wrong = failureCause(new EngineError("MR_GRAPH_INVALID", { message: "wrong" }));
  assert.equal(wrong.isRecoverable, false);
  assert.ok(failureCause(new EngineError("MR_FUNCTION_THREW", { message: "x" })).isRecoverable);
  assert.ok(failureCause(new EngineError("MR_JOB_FAILED", { message: "x" })).isRecoverable);
  const driver = new CoordinatorDriver();
  driver.send({ kind: "failed", attempts: [], cause: wrong });
  assert.deepEqual(driver.find("fail-job"), { kind: "fail-job", cause: wrong });
  assert.equal(driver.state.job, "ending");
});

test("stop-with-savepoint is answered when the job has ended", () => {
  const driver = new CoordinatorDriver();
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: "drain" });
  assert.equal(driver.find("trigger")?.stop, "drain");
  assert.equal(driver.state.periodicTimer, null);
  driver.acknowledgeAll(1);
  driver.send({ kind: "manifest-written", checkpointId: 1 });
  assert.equal(driver.find("notify-complete")?.attempts.length, 4);
  assert.equal(driver.find("answer"), undefined);
  driver.send({ kind: "terminated", status: "FINISHED" });
  assert.deepEqual(driver.find("answer")?.answer, { isCompleted: true, checkpointId: 1 });
  assert.equal(driver.find("discard-checkpoint"), undefined);
});

test("a failure behind a savepoint that stops goes back to it, with everything", () => {
  const driver = new CoordinatorDriver({ isPointwise: true });
  driver.checkpoint();
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: "suspend" });
  driver.acknowledgeAll(2);
  driver.send({ kind: "manifest-written", checkpointId: 2 });
  driver.fail("sink/0");
  assert.equal(driver.find("answer")?.answer.checkpointId, 2);
  for (const subtask of ["source/0", "source/1", "sink/1"]) driver.subtask("canceled", subtask);
  driver.send({ kind: "timer", timerId: driver.state.restarting?.timer ?? -1 });
  assert.equal(driver.find("restart")?.checkpointId, 2);
  assert.equal(driver.find("restart")?.isGlobal, true);
});

test("a savepoint that was to stop the job and fails brings all sources back", () => {
  const driver = new CoordinatorDriver({ checkpointing: { tolerableFailures: 99 } });
  driver.send({ kind: "savepoint-requested", requestId: "r", stop: "suspend" });
  driver.send({ kind: "declined", checkpointId: 1, cause: CAUSE });
  assert.equal(driver.state.failures[0]?.cause.error.code, "MR_SAVEPOINT_STOP_FAILED");
  assert.equal(driver.state.restarting?.subtasks.size, 4);
});

test("as many checkpoints are kept as wanted, and none that belong to others are deleted", () => {
  const completed = [{ checkpointId: 7, type: "savepoint", isOwned: false }] as const;
  const driver = new CoordinatorDriver({ completed, checkpointing: { retainedCount: 2 } });
  driver.checkpoint();
  driver.checkpoint();
  assert.equal(driver.find("discard-checkpoint"), undefined);
  driver.checkpoint();
  assert.equal(driver.find("discard-checkpoint")?.checkpointId, 8);
  assert.deepEqual(
    driver.state.completed.map(({ checkpointId }) => checkpointId),
    [9, 10],
  );
});

const RETAINED: Readonly<Record<CheckpointingSpec["retention"], readonly TerminalStatus[]>> = {
  NO_EXTERNALIZED_CHECKPOINTS: ["SUSPENDED"],
  DELETE_ON_CANCELLATION: ["FAILED", "SUSPENDED"],
  RETAIN_ON_CANCELLATION: ["CANCELED", "FAILED", "SUSPENDED"],
};

test("a job that may be started again from its latest checkpoint keeps it when it has finished", () => {
  const driver = new CoordinatorDriver({ keepsFinished: true });
  driver.checkpoint();
  driver.send({ kind: "terminated", status: "FINISHED" });
  assert.equal(driver.find("discard-checkpoint"), undefined);
});

for (const [retention, retained] of Object.entries(RETAINED)) {
  test(`${retention} keeps checkpoints of jobs that are ${retained.join(", ")}`, () => {
    for (const status of ["FINISHED", "CANCELED", "FAILED", "SUSPENDED"] as const) {
      const driver = new CoordinatorDriver({
        checkpointing: { retention: retention as CheckpointingSpec["retention"] },
      });
      driver.checkpoint();
      driver.send({ kind: "terminated", status });
      const isDeleted = driver.find("discard-checkpoint") !== undefined;
      assert.equal(isDeleted, !retained.includes(status), status);
    }
  });
}
