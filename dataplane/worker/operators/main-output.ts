/** Outputs of segments whose builders are made late, or change. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { SegmentOutput } from "../segment.ts";

/** The one output of a segment; see segmentOutput(). */
export function mainOutput(
  operatorId: string,
  builderOf: () => BatchBuilder | null,
): readonly SegmentOutput[] {
  return [segmentOutput(operatorId, 0, builderOf)];
}

/** @param builderOf asked each time; null = there is none yet */
export function segmentOutput(
  operatorId: string,
  output: number,
  builderOf: () => BatchBuilder | null,
): SegmentOutput {
  return {
    operatorId,
    output,
    get builder() {
      return builderOf();
    },
  };
}
