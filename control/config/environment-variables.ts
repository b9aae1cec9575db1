/** The system level's first part: MILLRACE_* variables. */
import { CRASH_VARIABLE } from "../../dataplane/protocol/crash-point.ts";
import { environmentVariableOf, OPTION_NAMES, OPTIONS, type OptionName } from "./options.ts";
import { checkOption, type SettingsLayer } from "./settings.ts";
import { unknownVariable } from "./unknown-option.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

const PREFIX = "MILLRACE_";
/** Path of the configuration file; not an option itself. */
export const CONFIG_VARIABLE = "MILLRACE_CONFIG";
/** Folder of compiled modules: it belongs to the machine, not to a job, so it is no option. */
export const CACHE_DIR_VARIABLE = "MILLRACE_CACHE_DIR";
/** Of `millrace server`, which is no job. */
export const SERVER_VARIABLES = [
  "MILLRACE_PORT",
  "MILLRACE_HOST",
  "MILLRACE_DATA_DIR",
  "MILLRACE_TOKEN",
  "MILLRACE_SUBMIT_TOKEN",
  "MILLRACE_READ_TOKEN",
  "MILLRACE_TLS_CERT",
  "MILLRACE_TLS_KEY",
  "MILLRACE_HOST_NAMES",
  "MILLRACE_REQUESTS_PER_SECOND",
  "MILLRACE_JOB_MEMORY_MB",
  "MILLRACE_RETAINED_JOBS",
] as const;
const NOT_OPTIONS: readonly string[] = [CONFIG_VARIABLE, CACHE_DIR_VARIABLE, ...SERVER_VARIABLES];

/** Reads all MILLRACE_* variables; an empty one counts as not set. */
export function readVariables(variables: Variables): SettingsLayer {
  const names = new Map(OPTION_NAMES.map((name) => [environmentVariableOf(name), name]));
  const values = new Map<OptionName, unknown>();
  for (const [variable, text] of Object.entries(variables)) {
    if (!variable.startsWith(PREFIX) || NOT_OPTIONS.includes(variable)) continue;
    if (variable === CRASH_VARIABLE) continue;
    if (text === undefined || text === "") continue;
    const name = names.get(variable);
    if (name === undefined) throw unknownVariable(variable, NOT_OPTIONS);
    const source = `the environment variable ${variable}`;
    values.set(name, checkOption(name, OPTIONS[name].kind.fromText(text), source));
  }
  return { sourceOf: (name) => `the environment variable ${environmentVariableOf(name)}`, values };
}
