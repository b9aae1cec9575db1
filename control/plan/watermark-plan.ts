/** What a WatermarkStrategy becomes in the JobGraph: plain data, and functions by role. */
import type { WatermarksSpec } from "../../dataplane/protocol/deployment.ts";
import type { PlannedWatermarks } from "./stream-graph.ts";

/**
 * @param intervalMs between periodic watermarks; null = none are made but the last one: BATCH mode,
 *   where all records are there before anything happens
 */
export function watermarksSpec(
  { generator, assigner, idlenessMs, alignment }: PlannedWatermarks,
  intervalMs: number | null,
): WatermarksSpec {
  const hasAssigner = assigner !== null;
  if (intervalMs === null) {
    return {
      generator: { kind: "none" },
      assigner: hasAssigner,
      idlenessMs: null,
      intervalMs: 0,
    };
  }
  const spec = { generator, assigner: hasAssigner, idlenessMs, intervalMs };
  return alignment === null ? spec : { ...spec, alignment };
}

export function watermarkFunctions(
  id: string,
  watermarks: PlannedWatermarks | null,
): readonly (readonly [string, unknown])[] {
  if (watermarks === null) return [];
  const { assigner, supplier, generator } = watermarks;
  const functions: [string, unknown][] = [];
  if (assigner !== null) functions.push([`${id}/timestamps`, assigner]);
  if (generator.kind === "function") functions.push([`${id}/generator`, supplier]);
  return functions;
}

/** `forBoundedOutOfOrderness(1000 ms)`, for explain(). */
export function describeWatermarks(watermarks: PlannedWatermarks): string {
  const { idlenessMs, alignment } = watermarks;
  const idleness = idlenessMs === null ? "" : `, idle after ${idlenessMs} ms`;
  const group =
    alignment === null
      ? ""
      : `, at most ${alignment.maxDriftMs} ms ahead in group "${alignment.group}"`;
  return describeGenerator(watermarks.generator) + idleness + group;
}

function describeGenerator(generator: PlannedWatermarks["generator"]): string {
  switch (generator.kind) {
    case "none":
      return "no watermarks";
    case "function":
      return "watermarks of a generator";
    case "max-timestamp":
      return `watermarks ${generator.lagMs} ms behind the largest timestamp`;
  }
}
