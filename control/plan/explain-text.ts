/** The Explanation as text: aligned columns, one block per task. */

import type {
  ExplainedExchange,
  ExplainedOperator,
  ExplainedTask,
  Explanation,
} from "./explanation.ts";
import { UNKNOWN_TYPE } from "./plan-text.ts";

const CONNECTORS: ReadonlySet<ExplainedOperator["kind"]> = new Set([
  "source",
  "print",
  "collect",
  "sink",
]);

export function explanationText(explanation: Explanation): string {
  const { job, runtimeMode, slots, tasks } = explanation;
  const operators = tasks.flatMap((task) => task.operators);
  const header = [
    `Job "${job}": ${runtimeMode}, ${count(tasks.length, "task")}, ${count(slots, "slot")}`,
    enginesLine(operators),
  ];
  return `${[...header, ...tasks.map(taskText), ...notes(operators)].join("\n")}\n`;
}

function enginesLine(operators: readonly ExplainedOperator[]): string {
  const computing = operators.filter(({ kind }) => !CONNECTORS.has(kind));
  const wasm = computing.filter(({ engine }) => engine === "wasm").length;
  const connectors = count(operators.length - computing.length, "connector");
  return `Operators: ${wasm} wasm, ${computing.length - wasm} js, ${connectors}`;
}

function notes(operators: readonly ExplainedOperator[]): readonly string[] {
  const outputs = operators.map(({ output }) => output ?? "");
  return [
    ...(outputs.includes(UNKNOWN_TYPE)
      ? ["", `${UNKNOWN_TYPE} = found out from the first record; returns() declares it`]
      : []),
    ...(outputs.some((output) => /\bGENERIC\b/.test(output))
      ? [
          "",
          "GENERIC = packed and unpacked record by record: slow; declare a type of columns where you can",
        ]
      : []),
  ];
}

function taskText(task: ExplainedTask): string {
  const group =
    task.slotSharingGroup === "default" ? "" : `, slot sharing group ${task.slotSharingGroup}`;
  const lines = [
    "",
    `Task ${task.task}: ${task.name}`,
    `  parallelism ${task.parallelism} (max ${task.maxParallelism})${group}`,
    ...align(task.operators.map(operatorCells)).map((line) => `    ${line}`),
    ...task.exchanges.map(
      (exchange) =>
        `  => task ${exchange.task} by ${exchange.partitioner}${engineSuffix(exchange)} from ${exchange.operator}${sideOutputText(exchange)}, ${count(exchange.channels, "channel")}, rows ${exchange.type}`,
    ),
  ];
  return lines.join("\n");
}

function sideOutputText({ sideOutput }: ExplainedExchange): string {
  return sideOutput === undefined ? "" : ` (side output ${sideOutput})`;
}

function operatorCells(operator: ExplainedOperator): readonly string[] {
  const { name, description, output } = operator;
  return [
    name,
    description === name ? "" : description,
    engineText(operator),
    output === null ? "" : `-> ${output}`,
  ];
}

function engineSuffix(exchange: ExplainedExchange): string {
  return exchange.engine === null ? "" : ` [${engineText(exchange)}]`;
}

function engineText({ engine, reason }: ExplainedOperator | ExplainedExchange): string {
  return reason === null ? `${engine}` : `${engine}: ${reason}`;
}

function align(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (widths[column] === 0 ? "" : `${cell.padEnd(widths[column] ?? 0)}  `))
      .join("")
      .trimEnd(),
  );
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
