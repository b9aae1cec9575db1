/** What each operator runs on, and why. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import { findField } from "../common/data-types.ts";
import type { EngineMode } from "../config/options.ts";
import type { FunctionAnalysis, FunctionAnalyzer } from "./function-analysis.ts";
import type { PlannedWatermarks, StreamNode } from "./stream-graph.ts";
import { windowsInJavaScript } from "./window-engine.ts";

export interface EngineChoice {
  readonly engine: "wasm" | "js";
  /** Why; null where there is nothing to say. */
  readonly reason: string | null;
}

export const ASKED_FOR = "asked for";
/** With state and timers, which are JavaScript's. */
const PROCESS = "process functions and rich functions with state are JavaScript";
export const TYPE_UNKNOWN = "the type of its input is found at run time";
const GENERATOR = "its watermark generator is called in JavaScript";
/** Sources and sinks: what they do is I/O, on whichever engine. */
const CONNECTOR = "connector";
const ASYNC_IO = "asynchronous I/O";
/** Reasons for JavaScript that hold on every engine. */
export const IO: ReadonlySet<string | null> = new Set([CONNECTOR, ASYNC_IO]);

const TWO_INPUTS = "functions of two inputs are not compiled";

const WASM: EngineChoice = { engine: "wasm", reason: null };

/**
 * @param inputType what the operator reads; null = found out at run time
 * @param analysis  of its function; null where there is none, or it was not looked at
 */
export function chooseEngine(
  node: StreamNode,
  mode: EngineMode,
  inputType: DataType | null,
  analysis: FunctionAnalysis | null,
): EngineChoice {
  switch (node.kind) {
    case "rolling":
      if (mode === "js") return asJavaScript(ASKED_FOR);
      return isGeneric(inputType, node.field) ? asJavaScript("the field is GENERIC") : WASM;
    case "map":
    case "flatMap":
    case "filter":
    case "reduce":
      if (mode === "js") return asJavaScript(ASKED_FOR);
      if (analysis === null) return asJavaScript(TYPE_UNKNOWN);
      return analysis.ok ? WASM : asJavaScript(analysis.reason);
    case "connect":
    case "broadcast":
    case "intervalJoin":
    case "windowJoin":
      return asJavaScript(mode === "js" ? ASKED_FOR : TWO_INPUTS);
    case "source":
      return asJavaScript(sourceReason(node, mode, analysis));
    case "watermarks":
      return watermarksEngine(node, mode, inputType, analysis);
    case "async":
      return asJavaScript(ASYNC_IO);
    case "process":
      return asJavaScript(mode === "js" ? ASKED_FOR : PROCESS);
    case "window":
      return windowEngine(node, mode, inputType, analysis);
    default:
      return asJavaScript(CONNECTOR);
  }
}

/** Reading is I/O; the function that gives records their times need not be JavaScript. */
function sourceReason(
  { watermarks }: Extract<StreamNode, { kind: "source" }>,
  mode: EngineMode,
  analysis: FunctionAnalysis | null,
): string {
  const assigns = watermarks !== null && watermarks.assigner !== null;
  if (!assigns || mode === "js" || analysis?.ok === true) return CONNECTOR;
  return `${CONNECTOR}; timestamps in JavaScript: ${analysis?.reason ?? TYPE_UNKNOWN}`;
}

function watermarksEngine(
  { watermarks }: Extract<StreamNode, { kind: "watermarks" }>,
  mode: EngineMode,
  inputType: DataType | null,
  analysis: FunctionAnalysis | null,
): EngineChoice {
  if (mode === "js") return asJavaScript(ASKED_FOR);
  if (watermarks.generator.kind === "function") return asJavaScript(GENERATOR);
  if (watermarks.assigner === null) return WASM;
  if (inputType === null) return asJavaScript(TYPE_UNKNOWN);
  return analysis?.ok === false ? asJavaScript(analysis.reason) : WASM;
}

function windowEngine(
  { window, isKeyed }: Extract<StreamNode, { kind: "window" }>,
  mode: EngineMode,
  inputType: DataType | null,
  analysis: FunctionAnalysis | null,
): EngineChoice {
  if (mode === "js") return asJavaScript(ASKED_FOR);
  if (!isKeyed) return asJavaScript("windows of all records run in JavaScript");
  const reason = windowsInJavaScript(window);
  if (reason !== null) return asJavaScript(reason);
  if (inputType === null) return asJavaScript(TYPE_UNKNOWN);
  const { fold } = window;
  if (fold.kind === "reduce" || fold.kind === "aggregate") {
    return analysis?.ok === false ? asJavaScript(analysis.reason) : WASM;
  }
  const isOfGeneric = "field" in fold && isGeneric(inputType, fold.field);
  return isOfGeneric ? asJavaScript("the field is GENERIC") : WASM;
}

/** What is known about the function of an operator that may be compiled. */
export function analysisOf(
  node: StreamNode,
  mode: EngineMode,
  inputType: DataType | null,
  analyze: FunctionAnalyzer,
): FunctionAnalysis | null {
  if (mode === "js" || inputType === null) return null;
  switch (node.kind) {
    case "source":
    case "watermarks":
      return node.watermarks === null ? null : timesOf(node.watermarks, inputType, analyze);
    case "map":
    case "flatMap":
      return analyze({ fn: node.fn, role: node.kind, inputType, declaredOutput: node.type });
    case "filter":
      return analyze({ fn: node.fn, role: node.kind, inputType, declaredOutput: null });
    case "reduce":
      return analyze({ fn: node.fn, role: node.kind, inputType, declaredOutput: inputType });
    case "window": {
      const isCompiled = node.isKeyed && windowsInJavaScript(node.window) === null;
      const { kind: role } = node.window.fold;
      if ((role !== "reduce" && role !== "aggregate") || !isCompiled) return null;
      const { fn } = node.functions;
      const declaredOutput = role === "reduce" ? inputType : node.type;
      return analyze({ fn, role, inputType, declaredOutput });
    }
    default:
      return null;
  }
}

const TIME: DataType = { kind: "LONG" };

/** A generator that is called for each record calls the assigner too. The record stays what it is. */
function timesOf(
  { assigner, generator }: PlannedWatermarks,
  recordType: DataType,
  analyze: FunctionAnalyzer,
): FunctionAnalysis | null {
  if (assigner === null || generator.kind === "function") return null;
  const analysis = analyze({
    fn: assigner,
    role: "timestamp",
    inputType: recordType,
    declaredOutput: TIME,
  });
  return analysis.ok ? { ...analysis, outputType: recordType } : analysis;
}

function asJavaScript(reason: string): EngineChoice {
  return { engine: "js", reason };
}

/** A field without a column of its own. */
function isGeneric(record: DataType | null, field: string | number): boolean {
  if (record === null) return false;
  return record.kind === "GENERIC" || findField(record, field)?.type.kind === "GENERIC";
}
