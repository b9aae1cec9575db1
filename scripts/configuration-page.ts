/** docs/reference/configuration.md, made from the table of options. */
import { CACHE_DIR_VARIABLE, CONFIG_VARIABLE } from "../control/config/environment-variables.ts";
import { formatSize } from "../control/config/option-kinds.ts";
import {
  environmentVariableOf,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
} from "../control/config/options.ts";

const SIZES: ReadonlySet<OptionName> = new Set(["memoryPerSlot", "edgeMemory", "maxRecordBytes"]);

export const CONFIGURATION_PAGE = "docs/reference/configuration.md";

export function renderConfigurationPage(): string {
  const rows = OPTION_NAMES.map((name) => {
    const { kind, about, flinkName } = OPTIONS[name];
    const cells = [
      `\`${name}\``,
      kind.expected,
      defaultOf(name),
      `\`${environmentVariableOf(name)}\``,
      flinkName === null ? "" : `\`${flinkName}\``,
      about,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return `${HEADER}\n${rows.join("\n")}\n\n${NOT_OPTIONS}\n`;
}

function defaultOf(name: OptionName): string {
  const spec = OPTIONS[name];
  if (spec.defaultText !== undefined) return spec.defaultText;
  const value = spec.defaultValue;
  if (typeof value === "number" && SIZES.has(name)) return formatSize(value);
  return typeof value === "string" ? `"${value}"` : String(value);
}

const NOT_OPTIONS = `## Environment variables that set no option

| Environment variable | Default | Meaning |
|---|---|---|
| \`${CONFIG_VARIABLE}\` | searched for, see above | Path of the configuration file. |
| \`${CACHE_DIR_VARIABLE}\` | \`millrace/modules\` in the user's cache folder: \`$XDG_CACHE_HOME\` or \`~/.cache\` on Linux, \`~/Library/Caches\` on macOS, \`%LOCALAPPDATA%\` on Windows | Folder in which compiled modules are kept, for all processes of the user and up to 256 MiB. Deleting it is safe; when it cannot be written to, modules are compiled anew (\`MR_CACHE_UNUSABLE\`). |`;

const HEADER = `# Configuration

<!-- Generated from control/config/options.ts by \`npm run docs\`; do not edit. -->

An option can be set at four levels; the highest that sets it wins:

1. **operator**: \`setParallelism()\`, \`setMaxParallelism()\`, \`setBufferTimeout()\`, \`engine()\` on the operator;
2. **environment**: the setters of \`StreamExecutionEnvironment\`, or \`getExecutionEnvironment({ … })\`;
3. **client**: who submits the job: \`millrace run -p 4 --engine js\`;
4. **system**: the environment variables below, then the configuration file, then the defaults.

The configuration file is \`millrace.config.json\` or \`millrace.config.ts\` (with
\`export default defineConfig({ … })\`) in the working directory or the nearest folder above it, or the file
that \`MILLRACE_CONFIG\` names. Names that are not in this table are refused (\`MR_CONFIG_UNKNOWN_OPTION\`), values
out of range too (\`MR_CONFIG_INVALID\`, with the place the value was set in).

| Option | Value | Default | Environment variable | In Flink | Meaning |
|---|---|---|---|---|---|`;
