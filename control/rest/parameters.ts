/** Parameters of paths and queries: what they are called, what they may be, and what is said of bad ones. */
import { badParameter, refused } from "./errors.ts";

/** Of a parameter's text; undefined = it is none. */
type Parse<T> = (text: string) => T | undefined;

export interface PathParameter<T> {
  readonly name: string;
  readonly description: string;
  readonly parse: Parse<T>;
}

export interface QueryParameter<T> extends PathParameter<T> {
  readonly isList: boolean;
}

const HEX_ID = /^[0-9a-fA-F]{32}$/;
const INTEGER = /^[+-]?\d{1,10}$/;

export function parseHexId(text: string): string | undefined {
  return HEX_ID.test(text) ? text.toLowerCase() : undefined;
}

export function parseInteger(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined;
  const value = Number(text);
  return value === (value | 0) ? value : undefined;
}

function parseLong(text: string): number | undefined {
  const value = /^[+-]?\d{1,18}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function parseText(text: string): string {
  return text;
}

/** As Java reads one: everything but "true" is false. */
function parseBoolean(text: string): boolean {
  return text.toLowerCase() === "true";
}

export function oneOf<const T extends string>(values: readonly T[]): Parse<T> {
  return (text) => values.find((value) => value === text.toLowerCase());
}

export const JOB_ID = pathParameter("jobid", "Id of a job", parseHexId);
export const VERTEX_ID = pathParameter("vertexid", "Id of a job vertex", parseHexId);
export const SUBTASK_INDEX = pathParameter("subtaskindex", "Number of a subtask", parseNatural);
export const ATTEMPT = pathParameter("attempt", "Number of an attempt", parseNatural);
export const CHECKPOINT_ID = pathParameter("checkpointid", "Number of a checkpoint", parseLong);
export const TRIGGER_ID = pathParameter("triggerid", "Id of an operation", parseHexId);
export const DATA_SET_ID = pathParameter("datasetid", "Id of a data set", parseHexId);
export const JAR_ID = pathParameter("jarid", "Id of an uploaded bundle", parseText);
export const TASK_MANAGER_ID = pathParameter("taskmanagerid", "Id of a task manager", parseText);
export const LOG_NAME = pathParameter("filename", "Name of a log file", parseText);

/** By their names in paths. */
export const PATH_PARAMETERS: readonly PathParameter<unknown>[] = [
  JOB_ID,
  VERTEX_ID,
  SUBTASK_INDEX,
  ATTEMPT,
  CHECKPOINT_ID,
  TRIGGER_ID,
  DATA_SET_ID,
  JAR_ID,
  TASK_MANAGER_ID,
  LOG_NAME,
];

export const GET_METRICS = queryList(
  "get",
  "Names of metrics; absent = which there are",
  parseText,
);
export const AGGREGATES = queryList(
  "agg",
  "Which aggregates; absent = all",
  oneOf(["min", "max", "avg", "sum", "skew"]),
);
export const SUBTASKS = queryList("subtasks", "Numbers of subtasks, or ranges of them", parseText);
export const JOBS = queryList("jobs", "Ids of jobs", parseHexId);
export const TASK_MANAGERS = queryList("taskmanagers", "Ids of task managers", parseText);
export const MODE = queryParameter("mode", "How a job is ended", oneOf(["cancel", "stop"]));
export const MAX_EXCEPTIONS = queryParameter("maxExceptions", "How many at most", parseInteger);
export const INCLUDE_SERIALIZED = queryParameter(
  "includeSerializedValue",
  "Whether values are written in Java's serialization, too",
  parseBoolean,
);
export const FLAME_TYPE = queryParameter(
  "type",
  "Which samples",
  oneOf(["full", "on_cpu", "off_cpu"]),
);
export const FLAME_SUBTASK = queryParameter("subtaskindex", "Of which subtask", parseInteger);
export const PARALLELISM = queryParameter("parallelism", "Of the job", parseInteger);
export const ENTRY_CLASS = queryParameter("entry-class", "Program of the bundle", parseText);
export const PROGRAM_ARGS = queryParameter("program-args", "Arguments in one text", parseText);
export const PROGRAM_ARG = queryList("programArg", "Arguments, one each", parseText);
export const SAVEPOINT_PATH = queryParameter("savepointPath", "What to start from", parseText);
export const ALLOW_NON_RESTORED = queryParameter(
  "allowNonRestoredState",
  "Whether state that nobody takes is left out",
  parseBoolean,
);

function parseNatural(text: string): number | undefined {
  const value = parseInteger(text);
  return value !== undefined && value >= 0 ? value : undefined;
}

function pathParameter<T>(name: string, description: string, parse: Parse<T>): PathParameter<T> {
  return { name, description, parse };
}

function queryParameter<T>(name: string, description: string, parse: Parse<T>): QueryParameter<T> {
  return { name, description, parse, isList: false };
}

function queryList<T>(name: string, description: string, parse: Parse<T>): QueryParameter<T> {
  return { name, description, parse, isList: true };
}

export function readPath<T>(
  parameter: PathParameter<T>,
  values: Readonly<Record<string, string>>,
): T {
  const text = values[parameter.name] ?? "";
  const value = parameter.parse(text);
  if (value === undefined) throw badParameter("path", parameter.name, text);
  return value;
}

export function readQuery<T>(
  parameter: QueryParameter<T>,
  values: Readonly<Record<string, readonly string[]>>,
): readonly T[] {
  // An empty value is none, as in "get=".
  const texts = (values[parameter.name] ?? []).filter((text) => text !== "");
  return texts.map((text) => {
    const value = parameter.parse(text);
    if (value === undefined) throw badParameter("query", parameter.name, text);
    return value;
  });
}

/** The value of a parameter that is given once; undefined = it is not. */
export function onlyValue<T>(values: readonly T[]): T | undefined {
  if (values.length > 1) throw refused(400, `Expected only one value [${values.join(", ")}].`);
  return values[0];
}
