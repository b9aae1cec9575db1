/** What each operator runs on, and why. */
import type { DataType } from "../../dataplane/protocol/types.ts";
import { findField } from "../common/data-types.ts";
import type { EngineMode } from "../config/options.ts";
import type { StreamNode } from "./stream-graph.ts";

export interface EngineChoice {
  readonly engine: "wasm" | "js";
  /** Why; null where there is nothing to say. */
  readonly reason: string | null;
}

export const NOT_COMPILED_YET = "not compiled yet";
/** Sources and sinks: what they do is I/O, on whichever engine. */
export const CONNECTOR = "connector";

const WASM: EngineChoice = { engine: "wasm", reason: null };

/** `inputType`: what the operator reads; null = found out at run time. */
export function chooseEngine(
  node: StreamNode,
  mode: EngineMode,
  inputType: DataType | null,
): EngineChoice {
  switch (node.kind) {
    case "rolling":
      if (mode === "js") return asJavaScript("asked for");
      return isGeneric(inputType, node.field) ? asJavaScript("the field is GENERIC") : WASM;
    case "map":
    case "flatMap":
    case "filter":
    case "reduce":
      return asJavaScript(mode === "js" ? "asked for" : NOT_COMPILED_YET);
    default:
      return asJavaScript(CONNECTOR);
  }
}

function asJavaScript(reason: string): EngineChoice {
  return { engine: "js", reason };
}

/** A field without a column of its own. */
function isGeneric(record: DataType | null, field: string | number): boolean {
  if (record === null) return false;
  return record.kind === "GENERIC" || findField(record, field)?.type.kind === "GENERIC";
}
