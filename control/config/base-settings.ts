/**
 * The settings a new environment starts from: client over system. In a worker they are those of the
 * submitting side, so that the program builds the same graph there whatever the worker sees.
 */
import { taskModeHook } from "../../dataplane/protocol/task-mode.ts";
import { clientSettings } from "./client-settings.ts";
import { findConfigFile, readConfigFile } from "./config-file.ts";
import { readVariables, type Variables } from "./environment-variables.ts";
import { type JobSettings, layerOf, Settings } from "./settings.ts";

/** Throws MR_CONFIG_INVALID and MR_CONFIG_UNKNOWN_OPTION. */
export function baseSettings(): Settings {
  const hook = taskModeHook();
  if (hook !== undefined) return new Settings([layerOf(hook.settings, "the submitting side")]);
  const system = systemSettings(process.cwd(), process.env);
  const client = clientSettings();
  return client === undefined ? system : system.under(client);
}

/** Environment variables over the configuration file. */
export function systemSettings(workingDirectory: string, variables: Variables): Settings {
  const fromVariables = readVariables(variables);
  const file = findConfigFile(workingDirectory, variables);
  return new Settings(file === null ? [fromVariables] : [fromVariables, readConfigFile(file)]);
}

/** What TaskModeHook.settings takes, so that baseSettings() in the worker answers the same. */
export function taskModeSettings(base: JobSettings): Readonly<Record<string, unknown>> {
  return { ...base };
}
