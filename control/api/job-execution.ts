/** What execute() does with a plan: submit it; in a worker, replay it or hand its functions over. */
import type { Source } from "../../dataplane/connectors/source.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { type TaskModeHook, taskModeHook } from "../../dataplane/protocol/task-mode.ts";
import { taskModeSettings } from "../config/base-settings.ts";
import type { JobSettings } from "../config/settings.ts";
import type { CompiledPlan } from "../plan/job-graph.ts";
import type { JobClient } from "./job-client.ts";
import { currentJobHistory, type RecordedJob } from "./job-history.ts";
import { currentJobSubmitter } from "./job-submitter.ts";
import { RecordedJobClient, ReplayedJobClient, unknownYet } from "./recorded-job-client.ts";

/** `base`: the settings the program started from. */
export async function executePlan(
  plan: CompiledPlan,
  settings: JobSettings,
  base: JobSettings,
): Promise<JobClient> {
  const history = currentJobHistory();
  const { index, record } = history.begin();
  const hook = taskModeHook();
  if (hook !== undefined) return takePartInTask(hook, index, plan);
  warnOfLoss(plan);
  const submission = {
    executeIndex: index,
    earlierResults: history.before(index),
    taskSettings: taskModeSettings(base),
  };
  try {
    const submitter = await currentJobSubmitter();
    const restore = isFollower(index, settings, base) ? null : settings.restore;
    const client = await submitter.submit(plan, { ...settings, restore }, submission);
    return new RecordedJobClient(client, record, { recordRows: settings.execution === "pool" });
  } catch (error) {
    record.fail(error);
    throw error;
  }
}

/** What a program is to start from is for its first job: the others follow from that. */
function isFollower(index: number, settings: JobSettings, base: JobSettings): boolean {
  return index > 0 && settings.restore === base.restore;
}

/** Checkpoints do not help records that nobody has any more. */
function warnOfLoss({ graph, functions }: CompiledPlan): void {
  if (graph.options.checkpointing.intervalMs === null) return;
  for (const { id, name, kind } of graph.vertices.flatMap(({ operators }) => operators)) {
    if (kind !== "source") continue;
    const source = functions.get(`${id}/source`) as Source<unknown> | undefined;
    if (source?.isReplayable !== false) continue;
    warn("MR_SOURCE_NOT_REPLAYABLE", { operator: name });
  }
}

function warn(...error: ConstructorParameters<typeof EngineError>): void {
  const { code, message } = new EngineError(...error);
  process.emitWarning(message, { code });
}

async function takePartInTask(
  hook: TaskModeHook,
  index: number,
  plan: CompiledPlan,
): Promise<JobClient> {
  if (index < hook.executeIndex) {
    const recorded = hook.earlierResults[index] as RecordedJob | undefined;
    if (recorded === undefined) {
      const difference = `its execute() number ${index + 1} was not called there before the job`;
      throw new EngineError("MR_GRAPH_NOT_DETERMINISTIC", { worker: "a task", difference });
    }
    return new ReplayedJobClient(recorded);
  }
  if (index === hook.executeIndex) {
    const { hash, text, functions } = plan;
    hook.handOver({ executeIndex: index, planHash: hash, planText: text, functions });
  }
  return unknownYet();
}
