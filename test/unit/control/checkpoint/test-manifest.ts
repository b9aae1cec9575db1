/** A checkpoint of two vertices, the second with two subtasks. */
import type { CheckpointManifest } from "../../../../control/checkpoint/manifest.ts";
import type { StateFile } from "../../../../dataplane/protocol/state-file.ts";

export const SOURCE = "a".repeat(32);
export const SUM = "b".repeat(32);

export function testManifest(
  checkpointId: number,
  [source, ...sums]: readonly (StateFile | null)[],
): CheckpointManifest {
  const operator = { uid: null, engine: "wasm" as const };
  return {
    type: "checkpoint",
    checkpointId,
    jobId: "0123456789abcdef0123456789abcdef",
    jobName: "Zähler “x”",
    triggeredMs: 1_700_000_000_000,
    completedMs: 1_700_000_000_250,
    vertices: [
      {
        id: SOURCE,
        name: "Source: file",
        parallelism: 1,
        maxParallelism: 128,
        operators: [{ ...operator, id: SOURCE, name: "Source: file", kind: "source" }],
        subtasks: [{ isFinished: true, state: source ?? null }],
      },
      {
        id: SUM,
        name: "sum",
        parallelism: sums.length,
        maxParallelism: 128,
        operators: [{ ...operator, id: SUM, uid: "my-sum", name: "sum", kind: "rolling" }],
        subtasks: sums.map((state) => ({ isFinished: false, state })),
      },
    ],
    enumerators: [{ operatorId: SOURCE, state: { assigned: new Map([["a.txt", 17n]]) } }],
  };
}
