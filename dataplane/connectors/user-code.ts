/** Errors of user code: where in the user's source, and on which record. */
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { EngineError } from "../protocol/errors.ts";

const MAX_RECORD_TEXT = 200;

/** Folder of the data plane: its own frames are not where an error comes from. */
const ENGINE_ROOT = new URL("../", import.meta.url).href;
const ENGINE_PATH = fileURLToPath(ENGINE_ROOT);

export interface UserCall {
  readonly operator: string;
  readonly subtask: number;
  /** What it was called with, see recordText(). */
  readonly record: string;
}

/** @returns MR_FUNCTION_THREW; an EngineError stays what it is */
export function userCodeError(thrown: unknown, call: UserCall): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const position = thrown instanceof Error ? sourcePosition(thrown) : "an unknown position";
  const { message } = cause;
  return new EngineError("MR_FUNCTION_THREW", { ...call, position, message }, cause);
}

/** Refuses what a function answers asynchronously. Errors: MR_FUNCTION_ASYNC. */
export function refuseAsync(result: unknown, operator: string): void {
  if (!(result instanceof Promise)) return;
  // Its failure is not news: that there is a promise at all ends the job.
  result.catch(() => {});
  throw new EngineError("MR_FUNCTION_ASYNC", { operator });
}

/** A record as JavaScript shows it, cut at 200 characters. */
export function recordText(record: unknown): string {
  const text = inspect(record, {
    depth: 4,
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
    maxArrayLength: MAX_RECORD_TEXT,
    maxStringLength: MAX_RECORD_TEXT,
  });
  return text.length <= MAX_RECORD_TEXT ? text : `${text.slice(0, MAX_RECORD_TEXT - 1)}…`;
}

/** file:line:column of the first frame that is the user's: neither the engine's, Node's nor a package's. */
export function sourcePosition(error: Error): string {
  const frames: string[] = [];
  for (const line of (error.stack ?? "").split("\n")) {
    const frame = /^\s+at (?:.*\()?(.+:\d+:\d+)\)?$/.exec(line)?.[1];
    if (frame !== undefined && !isEngineFrame(frame)) frames.push(frame);
  }
  const position = frames.find((frame) => !frame.includes("/node_modules/")) ?? frames[0];
  if (position === undefined) return "an unknown position";
  return position.startsWith("file://") ? pathOf(position) : position;
}

function isEngineFrame(frame: string): boolean {
  if (frame.startsWith("node:") || frame.includes("<anonymous>")) return true;
  // Not at its start: async frames have a word in front.
  return frame.includes(ENGINE_ROOT) || frame.includes(ENGINE_PATH);
}

function pathOf(position: string): string {
  const [, url, place] = /^(.*?)(:\d+:\d+)$/.exec(position) ?? [];
  if (url === undefined || place === undefined) return position;
  try {
    return fileURLToPath(url) + place;
  } catch {
    return position;
  }
}
