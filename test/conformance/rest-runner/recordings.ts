/** Recorded requests and answers of Flink's REST API, and JSON that keeps doubles apart from integers. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ENDPOINT_FILES = [
  "cluster",
  "jars",
  "jobs",
  "vertices",
  "checkpoints",
  "savepoints",
  "metrics",
  "jobmanager",
  "taskmanagers",
  "resource-requirements",
  "states",
  "errors",
  "errors-jars",
] as const;

/** A number that was written with a fraction. */
export class RecordedDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export type Recorded =
  | null
  | boolean
  | number
  | string
  | RecordedDouble
  | readonly Recorded[]
  | { readonly [name: string]: Recorded };

export interface RecordedPart {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  readonly bytes: number;
}

export interface Recording {
  readonly file: string;
  readonly index: number;
  readonly name: string;
  readonly state?: string;
  readonly job?: string;
  readonly note?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Recorded;
    readonly trimmed?: string;
  };
}

export function readRecordings(directory: string): readonly Recording[] {
  return ENDPOINT_FILES.filter((file) => existsSync(join(directory, `${file}.json`))).flatMap(
    (file) => {
      const text = readFileSync(join(directory, `${file}.json`), "utf8");
      const entries = parseRecorded(text) as unknown as readonly Omit<Recording, "file">[];
      return entries.map((entry, index) => ({
        ...entry,
        request: plain(entry.request) as Recording["request"],
        response: { ...entry.response, status: Number(entry.response.status) },
        file,
        index,
      }));
    },
  );
}

const DOUBLE_KEY = "\u0000double";
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function parseRecorded(text: string): Recorded {
  const marked = text.replaceAll(TOKENS, (token) =>
    !token.startsWith('"') && /[.eE]/.test(token)
      ? `{${JSON.stringify(DOUBLE_KEY)}:${token}}`
      : token,
  );
  return JSON.parse(marked, (_, value: unknown) => {
    const isDouble = typeof value === "object" && value !== null && DOUBLE_KEY in value;
    return isDouble ? new RecordedDouble(value[DOUBLE_KEY] as number) : value;
  });
}

/** Without marks: what JSON.parse would have made. */
export function plain(value: unknown): unknown {
  if (value instanceof RecordedDouble) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}
