/** Settings of `millrace server`: flags over environment variables over the configuration file over defaults. */
import { resolve } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { describeValue } from "../common/describe-value.ts";
import { closestName } from "../common/did-you-mean.ts";
import { findConfigFile, readServerSection } from "./config-file.ts";
import type { SERVER_VARIABLES, Variables } from "./environment-variables.ts";
import { integer, type OptionKind, text } from "./option-kinds.ts";

/** Member `server` of a configuration file. @public */
export interface ServerOptions {
  /** 0 = any that is free. */
  readonly port?: number;
  readonly host?: string;
  /** Bundles, jobs, checkpoints and logs. */
  readonly dataDirectory?: string;
  /** Of who may do everything. */
  readonly token?: string;
  /** Of who may submit and end jobs. */
  readonly submitToken?: string;
  /** Of who may look. */
  readonly readToken?: string;
  /** PEM files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Further names that the server is called by, separated by commas. */
  readonly hostNames?: string;
  /** Requests of one address in a second. */
  readonly requestsPerSecond?: number;
  /** MiB of the process of a program before it is killed. */
  readonly jobMemoryMb?: number;
  /** Jobs that have ended and are listed. */
  readonly retainedJobs?: number;
}

export interface ServerSettings {
  readonly port: number;
  readonly host: string;
  /** Absolute. */
  readonly dataDirectory: string;
  readonly token: string | null;
  readonly submitToken: string | null;
  readonly readToken: string | null;
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  readonly hostNames: readonly string[];
  readonly requestsPerSecond: number;
  readonly jobMemoryMb: number;
  readonly retainedJobs: number;
}

type Name = keyof ServerOptions;

interface ServerOption {
  readonly variable: (typeof SERVER_VARIABLES)[number];
  readonly kind: OptionKind<string> | OptionKind<number>;
}

export const SERVER_OPTIONS: Readonly<Record<Name, ServerOption>> = {
  port: { variable: "MILLRACE_PORT", kind: integer(0, 65_535) },
  host: { variable: "MILLRACE_HOST", kind: text() },
  dataDirectory: { variable: "MILLRACE_DATA_DIR", kind: text() },
  token: { variable: "MILLRACE_TOKEN", kind: text() },
  submitToken: { variable: "MILLRACE_SUBMIT_TOKEN", kind: text() },
  readToken: { variable: "MILLRACE_READ_TOKEN", kind: text() },
  tlsCert: { variable: "MILLRACE_TLS_CERT", kind: text() },
  tlsKey: { variable: "MILLRACE_TLS_KEY", kind: text() },
  hostNames: { variable: "MILLRACE_HOST_NAMES", kind: text() },
  requestsPerSecond: { variable: "MILLRACE_REQUESTS_PER_SECOND", kind: integer(1, 1_000_000) },
  jobMemoryMb: { variable: "MILLRACE_JOB_MEMORY_MB", kind: integer(64, 1_048_576) },
  retainedJobs: { variable: "MILLRACE_RETAINED_JOBS", kind: integer(0, 100_000) },
};

const NAMES = Object.keys(SERVER_OPTIONS) as readonly Name[];

const DEFAULTS = {
  port: 8081,
  host: "127.0.0.1",
  dataDirectory: "millrace-data",
  requestsPerSecond: 500,
  jobMemoryMb: 4096,
  retainedJobs: 100,
} as const;

interface Level {
  readonly values: Readonly<Partial<Record<Name, unknown>>>;
  sourceOf(name: Name): string;
}

/** Errors: MR_CONFIG_INVALID, MR_CONFIG_UNKNOWN_OPTION. */
export function serverSettings(
  flags: ServerOptions,
  workingDirectory: string,
  variables: Variables,
): ServerSettings {
  const levels = [
    { values: flags, sourceOf: () => "the command line" },
    variablesLevel(variables),
    ...fileLevel(workingDirectory, variables),
  ];
  const set: ServerOptions = Object.assign({}, ...levels.map(checked).reverse());
  const { dataDirectory, hostNames = "", ...merged } = { ...DEFAULTS, ...set };
  return {
    port: merged.port,
    host: merged.host,
    dataDirectory: resolve(workingDirectory, dataDirectory),
    token: merged.token ?? null,
    submitToken: merged.submitToken ?? null,
    readToken: merged.readToken ?? null,
    tlsCert: pathOf(workingDirectory, merged.tlsCert),
    tlsKey: pathOf(workingDirectory, merged.tlsKey),
    hostNames: hostNames
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    requestsPerSecond: merged.requestsPerSecond,
    jobMemoryMb: merged.jobMemoryMb,
    retainedJobs: merged.retainedJobs,
  };
}

function pathOf(workingDirectory: string, path: string | undefined): string | null {
  return path === undefined ? null : resolve(workingDirectory, path);
}

/** An empty variable counts as not set. */
function variablesLevel(variables: Variables): Level {
  const values = NAMES.flatMap((name) => {
    const { variable, kind } = SERVER_OPTIONS[name];
    const text = variables[variable];
    if (text === undefined || text === "") return [];
    return [[name, kind.fromText(text)]];
  });
  return {
    values: Object.fromEntries(values),
    sourceOf: (name) => `the environment variable ${SERVER_OPTIONS[name].variable}`,
  };
}

function fileLevel(workingDirectory: string, variables: Variables): readonly Level[] {
  const path = findConfigFile(workingDirectory, variables);
  const section = path === null ? undefined : readServerSection(path);
  if (path === null || section === undefined) return [];
  if (section === null || typeof section !== "object" || Array.isArray(section)) {
    throw invalid("server", section, "an object of options", path);
  }
  const unknown = Object.keys(section).find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined) {
    const closest = closestName(unknown, NAMES);
    throw new EngineError("MR_CONFIG_UNKNOWN_OPTION", {
      path: `server.${unknown}`,
      source: path,
      hint: closest === null ? `They are ${NAMES.join(", ")}.` : `Did you mean ${closest}?`,
    });
  }
  return [{ values: section, sourceOf: () => path }];
}

function checked({ values, sourceOf }: Level): ServerOptions {
  const good = NAMES.flatMap((name) => {
    const value = values[name];
    if (value === undefined) return [];
    const { kind } = SERVER_OPTIONS[name];
    const known = kind.check(value);
    if (!known.ok) throw invalid(`server.${name}`, value, kind.expected, sourceOf(name));
    return [[name, known.value]];
  });
  return Object.fromEntries(good);
}

function invalid(path: string, value: unknown, expected: string, source: string): EngineError {
  const isSecret = /token/i.test(path);
  const actual = isSecret ? "something else" : describeValue(value);
  return new EngineError("MR_CONFIG_INVALID", { path, actual, expected, source });
}
