/** The one output of a segment whose builder is made late, or changes. */
import type { BatchBuilder } from "../../memory/batch-builder.ts";
import type { SegmentOutput } from "../segment.ts";

/** @param builderOf asked each time; null = there is none yet */
export function mainOutput(
  operatorId: string,
  builderOf: () => BatchBuilder | null,
): readonly SegmentOutput[] {
  return [
    {
      operatorId,
      output: 0,
      get builder() {
        return builderOf();
      },
    },
  ];
}
