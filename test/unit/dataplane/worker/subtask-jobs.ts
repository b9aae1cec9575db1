/** Small jobs for tests of subtasks, and what they look at. */
import assert from "node:assert/strict";
import type { BatchView } from "../../../../dataplane/memory/batch-view.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import type { SlotReport } from "../../../../dataplane/protocol/messages.ts";
import { STATUS_NEED_HOST } from "../../../../dataplane/protocol/status.ts";
import type { SegmentContext } from "../../../../dataplane/worker/segment.ts";
import { type SteppedJob, settle } from "./stepped-job.ts";
import type { TestJob, TestOperator } from "./test-job.ts";
import { CountingSource, Listener, type TinySegment } from "./tiny-segments.ts";

export const FORWARD = { kind: "forward" } as const;
export const first = (): number => 0;

export function sourceOperator(segment: (context: SegmentContext) => CountingSource): TestOperator {
  return { id: "s", input: null, isSource: true, segment };
}

/** source -> sink, each in a task of its own. */
export function pipe(
  source: (context: SegmentContext) => CountingSource,
  sink: (context: SegmentContext) => TinySegment,
): TestJob {
  return {
    vertices: [
      { id: "source", parallelism: 1, operators: [sourceOperator(source)] },
      { id: "sink", parallelism: 1, operators: [{ id: "l", input: null, segment: sink }] },
    ],
    edges: [{ source: "source", operatorId: "s", target: "sink", partitioner: FORWARD }],
  };
}

export function counting(count: number): (context: SegmentContext) => CountingSource {
  return (context) => new CountingSource(context, "s", count);
}

/** A source that has nothing for ever. */
export class SilentSource extends CountingSource {
  override poll(): number {
    return STATUS_NEED_HOST;
  }

  override hostWork(): Promise<void> {
    return new Promise(() => undefined);
  }
}

/** A sink that waits for the host at its first row, until a test lets it go. */
export class StuckSink extends Listener {
  letGo: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  #isStuck = true;

  override process(input: BatchView, cursor: { row: number; step: number }): number {
    return this.#isStuck ? STATUS_NEED_HOST : super.process(input, cursor);
  }

  override hostWork(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.letGo = () => {
        this.#isStuck = false;
        resolve();
      };
      this.fail = reject;
    });
  }
}

export function failureOf(job: SteppedJob, vertexId: string): EngineError {
  const failed = job.reports.filter(
    (report): report is Extract<SlotReport, { kind: "failed" }> =>
      report.kind === "failed" && report.vertexId === vertexId,
  );
  assert.equal(failed.length, 1, `${vertexId} reports one failure`);
  return EngineError.fromWire(
    (failed[0] as { error: Parameters<typeof EngineError.fromWire>[0] }).error,
  );
}

export function assertClosedOnce(job: SteppedJob): void {
  for (const segment of job.segments) assert.equal((segment as TinySegment).closed, 1);
  assert.equal(job.borrowedBytes, 0);
}

export async function end(job: SteppedJob): Promise<void> {
  for (let turn = 0; turn < 5 && !job.isEnded; turn++) await settle();
  assert.equal(job.isEnded, true);
}

export function stepAll(job: SteppedJob, rounds: number): void {
  for (let round = 0; round < rounds; round++) for (const subtask of job.subtasks) subtask.step();
}
