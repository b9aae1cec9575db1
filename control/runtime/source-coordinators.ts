/** The coordinators of all sources of a job. */
import type { Source } from "../../dataplane/connectors/source.ts";
import type { SlotCommand, SubtaskAddress } from "../../dataplane/protocol/messages.ts";
import type { JobGraph } from "../plan/job-graph.ts";
import type { JobCheckpoint } from "./job-checkpoint.ts";
import { SourceCoordinator } from "./source-coordinator.ts";

type SplitCommand = Extract<SlotCommand, { readonly kind: "add-splits" | "no-more-splits" }>;

export interface SourceCoordinatorParts {
  readonly graph: JobGraph;
  /** Sources under `${operatorId}/source`. */
  readonly functions: ReadonlyMap<string, unknown>;
  send(command: SplitCommand): void;
  failed(error: unknown): void;
}

interface CoordinatedSource {
  readonly operatorId: string;
  readonly coordinator: SourceCoordinator;
}

export class SourceCoordinators {
  readonly #parts: SourceCoordinatorParts;
  /** By vertex. */
  #sources: ReadonlyMap<string, CoordinatedSource> = new Map();

  constructor(parts: SourceCoordinatorParts) {
    this.#parts = parts;
  }

  /**
   * In place of those there were.
   *
   * @param from null = sources start anew. Errors: MR_CHECKPOINT_UNSUITABLE, and what sources throw.
   */
  async create(from: JobCheckpoint | null): Promise<void> {
    await this.close();
    const { graph } = this.#parts;
    this.#sources = new Map(
      graph.vertices.flatMap((vertex) => {
        const head = vertex.operators[0];
        if (head?.kind !== "source") return [];
        const source = this.#parts.functions.get(`${head.id}/source`) as Source<unknown>;
        const restored =
          from === null || !from.enumerators.has(head.id)
            ? null
            : { checkpointId: from.checkpointId, state: from.enumerators.get(head.id) };
        const coordinator = new SourceCoordinator(
          source,
          head.name,
          vertex.parallelism,
          this.#receiverOf(vertex.id),
          restored,
        );
        return [[vertex.id, { operatorId: head.id, coordinator }] as const];
      }),
    );
  }

  /** The readers run, or will. */
  start(): void {
    for (const { coordinator } of this.#sources.values()) {
      coordinator.start().catch((error: unknown) => this.#parts.failed(error));
    }
  }

  /** What the enumerators know, by operator. Throws what they throw. */
  snapshot(checkpointId: number): ReadonlyMap<string, unknown> {
    return new Map(
      [...this.#sources.values()].map(({ operatorId, coordinator }) => [
        operatorId,
        coordinator.snapshot(checkpointId),
      ]),
    );
  }

  notifyComplete(checkpointId: number): void {
    for (const { coordinator } of this.#sources.values()) coordinator.notifyComplete(checkpointId);
  }

  /** Throws what enumerators throw. */
  handleSplitRequest({ vertexId, subtaskIndex }: SubtaskAddress): void {
    this.#sources.get(vertexId)?.coordinator.handleSplitRequest(subtaskIndex);
  }

  /** Throws what enumerators throw. */
  resetSubtask({ vertexId, subtaskIndex }: SubtaskAddress): void {
    this.#sources.get(vertexId)?.coordinator.resetSubtask(subtaskIndex);
  }

  async close(): Promise<void> {
    for (const { coordinator } of this.#sources.values()) await coordinator.close();
    this.#sources = new Map();
  }

  #receiverOf(vertexId: string) {
    const { send } = this.#parts;
    return {
      addSplits: (subtaskIndex: number, splits: readonly unknown[]) =>
        send({ kind: "add-splits", vertexId, subtaskIndex, splits }),
      noMoreSplits: (subtaskIndex: number) =>
        send({ kind: "no-more-splits", vertexId, subtaskIndex }),
    };
  }
}
