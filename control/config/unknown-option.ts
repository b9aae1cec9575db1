/** The error for an option that does not exist, with the name that was probably meant. */
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { closestName } from "../common/did-you-mean.ts";
import { environmentVariableOf, OPTION_NAMES, OPTIONS } from "./options.ts";

export function unknownOption(name: string, source: string): EngineError {
  return new EngineError("MR_CONFIG_UNKNOWN_OPTION", {
    path: name,
    source,
    hint: `${hintFor(name)} It was set in ${source}.`,
  });
}

function hintFor(name: string): string {
  const byFlinkName = OPTION_NAMES.find((option) => OPTIONS[option].flinkName === name);
  if (byFlinkName !== undefined) return `Flink's ${name} is called ${byFlinkName} here.`;
  const closest = closestName(name, OPTION_NAMES);
  return closest === null
    ? `The options are ${OPTION_NAMES.join(", ")}.`
    : `Did you mean ${closest}?`;
}

/** `others` are the variables that set no option. */
export function unknownVariable(variable: string, others: readonly string[]): EngineError {
  const variables = [...OPTION_NAMES.map(environmentVariableOf), ...others];
  const closest = closestName(variable, variables);
  return new EngineError("MR_CONFIG_UNKNOWN_OPTION", {
    path: variable,
    source: "the environment variables",
    hint:
      closest === null ? `The variables are ${variables.join(", ")}.` : `Did you mean ${closest}?`,
  });
}
