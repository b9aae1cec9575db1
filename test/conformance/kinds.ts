/** What the runner can build. A kind without an entry is unsupported. */
import type { Kind } from "./kind.ts";
import { asyncWait } from "./kinds/async.ts";
import { functionKind } from "./kinds/function.ts";
import { jobKind } from "./kinds/job.ts";
import { keyedProcess } from "./kinds/keyed-process.ts";
import { map } from "./kinds/map.ts";
import { pipelineOf } from "./kinds/pipeline.ts";
import { rescaleKind } from "./kinds/rescale.ts";
import { rolling } from "./kinds/rolling.ts";
import { broadcast, connect, intervalJoin } from "./kinds/two-inputs.ts";
import { watermarkValveKind } from "./kinds/watermark-valve.ts";
import { watermarks } from "./kinds/watermarks.ts";
import { window } from "./kinds/window.ts";
import { windowJoin } from "./kinds/window-join.ts";
import { type OperatorKind, operatorCase } from "./operator.ts";
import { type TwoInputKind, twoInputCase } from "./two-inputs.ts";

/** Kinds that are one operator with one input: cases of their own and stages of pipelines. */
const OPERATORS: ReadonlyMap<string, OperatorKind> = new Map([
  ["map", map],
  ["flatMap", map],
  ["rolling", rolling],
  ["watermarks", watermarks],
  ["async", asyncWait],
  ["keyedProcess", keyedProcess],
  ["window", window],
  ["windowAll", window],
]);

/** Kinds that are one operator with two inputs. */
const TWO_INPUTS: ReadonlyMap<string, TwoInputKind> = new Map([
  ["connect", connect],
  ["broadcast", broadcast],
  ["intervalJoin", intervalJoin],
  ["windowJoin", windowJoin],
  ["coGroup", windowJoin],
]);

export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...[...OPERATORS].map(([name, kind]) => [name, operatorCase(kind)] as const),
  ...[...TWO_INPUTS].map(([name, kind]) => [name, twoInputCase(kind)] as const),
  ["pipeline", operatorCase(pipelineOf(OPERATORS))],
  ["function", functionKind],
  ["job", jobKind],
  ["rescale", rescaleKind],
  ["watermarkValve", watermarkValveKind],
]);
