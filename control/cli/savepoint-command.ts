/** `millrace savepoint inspect | dispose <dir>`: what a checkpoint or savepoint holds, and the end of one. */
import { resolve } from "node:path";
import Table from "cli-table3";
import { disposeSavepoint } from "../checkpoint/dispose-savepoint.ts";
import {
  inspectSnapshot,
  type OperatorSummary,
  type SnapshotSummary,
  type StateSummary,
} from "../checkpoint/inspect-snapshot.ts";
import { writeAnswer } from "./describe-failure.ts";
import { formatBytes } from "./format.ts";
import type { OutputFormat } from "./output-format.ts";

export function inspectCommand(path: string, format: OutputFormat): Promise<number> {
  return writeAnswer(format, async () => {
    const summary = await inspectSnapshot(resolve(path));
    return format === "json" ? JSON.stringify(summary, null, 2) : summaryText(summary);
  });
}

/** Asks nobody: it is for savepoints of which no job needs anything any more. */
export function disposeCommand(path: string, format: OutputFormat): Promise<number> {
  const folder = resolve(path);
  return writeAnswer(format, async () => {
    await disposeSavepoint(folder);
    return format === "json" ? JSON.stringify({ event: "disposed", path: folder }) : folder;
  });
}

function summaryText(summary: SnapshotSummary): string {
  const { type, checkpointId, jobName, jobId, completedAt, bytes, operators } = summary;
  const table = new Table({
    head: ["operator", "uid", "engine", "parallelism", "state", "kind", "entries", "keys", "bytes"],
    colAligns: ["left", "left", "left", "right", "left", "left", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const operator of operators) table.push(...operatorRows(operator));
  return [
    `${type} ${checkpointId} of job ${jobName} (${jobId}), ${completedAt}, ${formatBytes(bytes)}`,
    table.toString(),
  ].join("\n");
}

function operatorRows(operator: OperatorSummary): string[][] {
  const { name, uid, id, engine, parallelism, maxParallelism, states } = operator;
  const place = [name, uid ?? id, engine, `${parallelism} of ${maxParallelism}`];
  const rows = states.map(stateCells);
  return rows.length === 0
    ? [[...place, "none", "", "", "", ""]]
    : rows.map((cells, index) => [...(index === 0 ? place : ["", "", "", ""]), ...cells]);
}

function stateCells({ name, kind, entries, keys, bytes }: StateSummary): string[] {
  const size = kind === "keyed" ? formatBytes(bytes) : "";
  return [
    name === "" ? "its own" : name,
    kind,
    String(entries),
    keys === null ? "" : String(keys),
    size,
  ];
}
