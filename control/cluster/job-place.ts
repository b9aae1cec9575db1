/** Where a job of the service has its checkpoints and savepoints, and which one it starts from. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST_FILE } from "../checkpoint/manifest.ts";
import { LATEST } from "../config/option-kinds.ts";
import type { JobSettings } from "../config/settings.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import type { ProgramCommand } from "./job-messages.ts";

interface SubmittedJob {
  readonly jobId: string;
  readonly executeIndex: number;
  readonly plan: CompiledPlan;
  readonly settings: JobSettings;
}

interface PlacedJob {
  readonly plan: CompiledPlan;
  readonly settings: JobSettings;
}

/** Jobs run side by side, so each has a folder of its own below the configured one, as in Flink. */
export async function placeJob(
  { jobId, executeIndex, plan, settings }: SubmittedJob,
  command: Pick<
    Extract<ProgramCommand, { kind: "run" }>,
    "checkpointFolder" | "savepointFolder" | "isRestart"
  >,
): Promise<PlacedJob> {
  const savepointDirectory = settings.savepointDirectory ?? command.savepointFolder;
  const { checkpointing } = plan.graph.options;
  // What a request says to start from is for the first job of its program.
  const restore = executeIndex === 0 ? settings.restore : null;
  if (checkpointing.intervalMs === null) {
    return { plan, settings: { ...settings, savepointDirectory, restore } };
  }
  const { storage } = checkpointing;
  const parent = storage.kind === "memory" ? command.checkpointFolder : storage.directory;
  const directory = join(parent, jobId);
  const goesOn = command.isRestart && (await hasCheckpoint(directory));
  const graph = {
    ...plan.graph,
    options: {
      ...plan.graph.options,
      checkpointing: { ...checkpointing, storage: { kind: "filesystem", directory } as const },
    },
  };
  return {
    plan: { ...plan, graph },
    settings: {
      ...settings,
      savepointDirectory,
      checkpointDirectory: directory,
      restore: goesOn ? LATEST : restore,
    },
  };
}

async function hasCheckpoint(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false;
  const names = await readdir(directory);
  return names.some((name) => existsSync(join(directory, name, MANIFEST_FILE)));
}
