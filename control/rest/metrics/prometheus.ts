/** All metrics in the text format of Prometheus, under the names that Flink's reporter gives them. */
import type { JobDetails } from "../../cluster/cluster.ts";
import type { RestContext } from "../route.ts";
import { jobMetrics, subtaskMetrics } from "./job-metrics.ts";
import type { MetricValues } from "./metric-values.ts";
import { jobManagerMetrics, taskManagerMetrics } from "./process-metrics.ts";

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: string;
}

export async function prometheusText({ cluster, clock }: RestContext): Promise<string> {
  const [info, jobs, taskManagers] = await Promise.all([
    cluster.info(),
    cluster.jobs(),
    cluster.taskManagers(),
  ]);
  const running = jobs.filter(({ status }) => status === "RUNNING" || status === "RESTARTING");
  const samples = samplesOf("jobmanager", jobManagerMetrics(info, jobs, taskManagers), {});
  for (const taskManager of taskManagers) {
    const labels = { tm_id: taskManager.taskManagerId, host: taskManager.host };
    samples.push(...samplesOf("taskmanager", taskManagerMetrics(taskManager), labels));
  }
  const nowMs = clock.now();
  for (const { jobId } of running) {
    const [job, checkpoints] = await Promise.all([cluster.job(jobId), cluster.checkpoints(jobId)]);
    if (job === null) continue;
    const labels = { job_id: jobId, job_name: job.name };
    samples.push(...samplesOf("jobmanager_job", jobMetrics(job, checkpoints, nowMs), labels));
    samples.push(...taskSamples(job, labels));
  }
  return expositionOf(samples);
}

function taskSamples(job: JobDetails, jobLabels: Labels): Sample[] {
  return job.vertices.flatMap(({ vertexId, subtasks }) => {
    const vertex = job.graph?.vertices.find(({ id }) => id === vertexId);
    if (vertex === undefined) return [];
    return subtasks.flatMap((subtask) =>
      samplesOf("taskmanager_job_task", subtaskMetrics(vertex, subtask), {
        ...jobLabels,
        task_id: vertexId,
        task_name: vertex.name,
        subtask_index: String(subtask.subtaskIndex),
        task_attempt_num: String(subtask.attempt),
      }),
    );
  });
}

/** Numbers only: there is no text in this format. */
function samplesOf(scope: string, values: MetricValues, labels: Labels): Sample[] {
  return [...values].flatMap(([metric, text]) => {
    const value = text === "true" ? "1" : text === "false" ? "0" : text;
    if (Number.isNaN(Number(value))) return [];
    const at = metric.startsWith("Status.") ? -1 : metric.lastIndexOf(".");
    // Operators are told apart by a label.
    return at < 0
      ? [{ name: `flink_${scope}_${metric}`, labels, value }]
      : [
          {
            name: `flink_${scope}_operator_${metric.slice(at + 1)}`.replace(
              "_task_operator",
              "_operator",
            ),
            labels: { ...labels, operator_name: metric.slice(0, at) },
            value,
          },
        ];
  });
}

/** Samples of a name stand together, behind its type. */
function expositionOf(samples: readonly Sample[]): string {
  const byName = new Map<string, string[]>();
  for (const { name, labels, value } of samples) {
    const safe = name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
    const lines = byName.get(safe) ?? [];
    byName.set(safe, lines);
    lines.push(`${safe}${labelText(labels)} ${value}`);
  }
  return [...byName].map(([name, lines]) => `# TYPE ${name} gauge\n${lines.join("\n")}\n`).join("");
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
