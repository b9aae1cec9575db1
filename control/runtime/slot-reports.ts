/** What slots have to say, passed on to whom it concerns. */
import type { AccumulatorSnapshot } from "../../dataplane/protocol/accumulators.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { SlotReport } from "../../dataplane/protocol/messages.ts";
import { failureCause } from "../checkpoint/coordinator.ts";
import { type SubtaskId, subtaskIdOf } from "../checkpoint/topology.ts";
import type { Clock } from "../common/clock.ts";
import type { CollectedRows } from "./collected-rows.ts";
import type { CoordinatorDriver } from "./coordinator-driver.ts";
import type { ExecutionHistory } from "./execution-history.ts";
import type { FailureReports } from "./failure-reports.ts";
import type { SlotHost } from "./slot-host.ts";
import type { SourceCoordinators } from "./source-coordinators.ts";

export interface SlotReportParts {
  readonly driver: CoordinatorDriver;
  readonly sources: SourceCoordinators;
  readonly failures: FailureReports;
  readonly history: ExecutionHistory;
  /** Of subtasks that have finished. */
  readonly accumulators: Map<SubtaskId, readonly AccumulatorSnapshot[]>;
  readonly host: SlotHost;
  readonly clock: Clock;
  /** Lines of print sinks; settled when they were taken. */
  printed(text: string, toStderr: boolean): Promise<void>;
  /** Rows of each collect sink, by operator id. */
  readonly collected: ReadonlyMap<string, CollectedRows>;
}

type SubtaskReport = Extract<SlotReport, { readonly vertexId: string }>;

export class SlotReports {
  readonly #parts: SlotReportParts;

  constructor(parts: SlotReportParts) {
    this.#parts = parts;
  }

  take(slotIndex: number, report: SlotReport): void {
    switch (report.kind) {
      case "ready":
      case "closed":
        return;
      case "printed":
        void this.#parts
          .printed(report.text, report.toStderr)
          .then(() => this.#credit(slotIndex, Buffer.byteLength(report.text)))
          .catch((error: unknown) => this.#parts.driver.fail(error));
        return;
      case "collected":
        this.#parts.collected.get(report.operatorId)?.push({
          ...report,
          subtask: subtaskIdOf(report.vertexId, report.subtaskIndex),
          taken: () => this.#credit(slotIndex, report.batch.length),
        });
        return;
      default:
        this.#handleSubtask(report);
    }
  }

  #handleSubtask(
    report: Exclude<SubtaskReport, { kind: "printed" | "collected" | "closed" }>,
  ): void {
    const id = subtaskIdOf(report.vertexId, report.subtaskIndex);
    const attempt = this.#parts.driver.attemptOf(id);
    switch (report.kind) {
      case "running":
        this.#parts.history.became(id, "RUNNING");
        this.#parts.driver.dispatch({ ...attempt, kind: "subtask-running" });
        return;
      case "canceled":
        this.#parts.history.became(id, "CANCELED");
        this.#parts.driver.dispatch({ ...attempt, kind: "subtask-canceled" });
        return;
      case "waiting":
        this.#parts.driver.dispatch({ ...attempt, kind: "subtask-waiting" });
        return;
      case "finished":
        this.#parts.history.became(id, "FINISHED");
        this.#parts.accumulators.set(id, report.accumulators);
        this.#parts.driver.dispatch({ ...attempt, kind: "subtask-finished" });
        return;
      case "failed":
        this.#parts.history.became(id, "FAILED", report.error);
        this.#parts.failures.failed(id, EngineError.fromWire(report.error));
        return;
      case "request-splits":
        try {
          this.#parts.sources.handleSplitRequest(report);
        } catch (error) {
          this.#parts.driver.fail(error);
        }
        return;
      case "acknowledge-checkpoint": {
        const { checkpointId, state, alignmentMs, syncMs, asyncMs, bytes } = report;
        const acknowledgedMs = this.#parts.clock.now();
        const figures = { acknowledgedMs, alignmentMs, syncMs, asyncMs, bytes };
        this.#parts.driver.statistics.acknowledged(checkpointId, id, figures);
        this.#parts.driver.dispatch({ ...attempt, kind: "acknowledged", checkpointId, state });
        return;
      }
      case "decline-checkpoint": {
        const cause = failureCause(EngineError.fromWire(report.error));
        this.#parts.driver.dispatch({ kind: "declined", checkpointId: report.checkpointId, cause });
        return;
      }
    }
  }

  #credit(slotIndex: number, bytes: number): void {
    this.#parts.host.send(slotIndex, { kind: "report-credit", bytes });
  }
}
