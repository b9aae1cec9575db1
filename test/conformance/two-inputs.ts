/** Cases of operators with two inputs. */
import { CombinedWatermark } from "../../dataplane/worker/combined-watermark.ts";
import type { Kind } from "./kind.ts";
import { type Operator, runCase, type SideElement, type StreamElement } from "./operator.ts";
import { SegmentOperator, type SegmentPlan } from "./segment-operator.ts";
import type { OperatorDescription, VectorCase } from "./vectors.ts";

/** A kind of operator with two inputs. */
export interface TwoInputKind {
  /** null = can be built; else what is missing. */
  unsupported(description: OperatorDescription): string | null;
  plan(vector: VectorCase): SegmentPlan;
}

export function twoInputCase(kind: TwoInputKind): Kind {
  return {
    unsupported: ({ operator }) => kind.unsupported(operator),
    run: async (vector, _engine, ran) => {
      const operator = new TwoInputOperator(new SegmentOperator(kind.plan(vector)));
      const difference = await runCase(operator, vector);
      for (const used of operator.engines) ran(used);
      return difference;
    },
  };
}

/** An operator behind the combination of watermarks that the gate of its task has. */
class TwoInputOperator implements Operator {
  readonly #operator: SegmentOperator;
  readonly #combined: CombinedWatermark;
  #events: StreamElement[] = [];

  constructor(operator: SegmentOperator) {
    this.#operator = operator;
    this.#combined = new CombinedWatermark(2, {
      watermark: (timestamp) => this.#events.push({ kind: "watermark", timestamp }),
      status: (status) => {
        this.#events.push({ kind: "status", status: status === "idle" ? "IDLE" : "ACTIVE" });
      },
    });
  }

  get engines(): Operator["engines"] {
    return this.#operator.engines;
  }

  open(): Promise<void> {
    return this.#operator.open();
  }

  async process(element: StreamElement, which?: number): Promise<StreamElement[]> {
    if (element.kind === "record") return this.#operator.process(element, which);
    const output: StreamElement[] = [];
    for (const input of which === undefined ? [0, 1] : [which]) {
      if (element.kind === "watermark") this.#combined.inputWatermark(input, element.timestamp);
      else this.#combined.inputStatus(input, element.status === "IDLE" ? "idle" : "active");
      for (const event of this.#events.splice(0)) {
        output.push(...(await this.#operator.process(event)));
      }
    }
    return output;
  }

  finish(): Promise<StreamElement[]> {
    return this.#operator.finish();
  }

  advanceClock(ms: bigint): Promise<StreamElement[]> {
    return this.#operator.advanceClock(ms);
  }

  takeSideOutputs(): readonly SideElement[] {
    return this.#operator.takeSideOutputs();
  }

  async snapshotAndRestore(): Promise<Operator> {
    return new TwoInputOperator(await this.#operator.snapshotAndRestore());
  }

  close(): Promise<void> {
    return this.#operator.close();
  }
}
