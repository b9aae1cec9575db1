/** Environment variables of the processes of programs. */
import {
  CACHE_DIR_VARIABLE,
  CONFIG_VARIABLE,
  type Variables,
} from "../config/environment-variables.ts";
import { environmentVariableOf, OPTION_NAMES } from "../config/options.ts";

const PREFIX = "MILLRACE_";
const FOR_PROGRAMS: ReadonlySet<string> = new Set([
  CACHE_DIR_VARIABLE,
  CONFIG_VARIABLE,
  ...OPTION_NAMES.map(environmentVariableOf),
]);

/** Those of the service without its own: its tokens are not for programs. */
export function programEnvironment(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).filter(
      ([name]) => !name.startsWith(PREFIX) || FOR_PROGRAMS.has(name),
    ),
  );
}
