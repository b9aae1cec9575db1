/** Asks a server what was asked of Flink, and compares the answers. */
import type { FastifyInstance } from "fastify";
import { systemClock } from "../../../control/common/clock.ts";
import { createRestServer } from "../../../control/rest/server.ts";
import { RecordedCluster, sceneOf } from "./recorded-cluster.ts";
import { parseRecorded, type RecordedPart, type Recording } from "./recordings.ts";
import { compareShapes, type Words } from "./shape.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** Headers that clients act by. */
const HEADERS = ["content-type", "access-control-allow-origin"] as const;

/** What is different; none = the answer is as recorded. */
export function compareReply(recording: Recording, reply: Reply, words: Words): string[] {
  const { status, headers, body } = recording.response;
  const differences: string[] = [];
  if (reply.status !== status) differences.push(`status ${reply.status}, not ${status}`);
  // Those that were caught by polling have a shortened header.
  for (const name of recording.note?.includes("caught by polling") ? [] : HEADERS) {
    if (headers[name] !== reply.headers[name]) {
      differences.push(`${name}: ${reply.headers[name]}, not ${headers[name]}`);
    }
  }
  if (!headers["content-type"]?.startsWith("application/json")) return differences;
  if (body === "") return reply.text === "" ? differences : [...differences, "there is a body"];
  const actual = parseReply(reply.text);
  if (actual === undefined) return [...differences, `no JSON: ${reply.text.slice(0, 80)}`];
  differences.push(...compareShapes(body, actual, words));
  if (status >= 400) differences.push(...compareErrors(recording, reply.text));
  return differences;
}

function parseReply(text: string) {
  try {
    return parseRecorded(text);
  } catch {
    return undefined;
  }
}

const ID = /[0-9a-f]{32}/gi;
const PATH = /\/[\w./-]*flink-web-upload\//g;

/** The first line of each text, which tools look at. */
function compareErrors({ response }: Recording, text: string): string[] {
  const expected = (response.body as { readonly errors: readonly string[] }).errors;
  const actual: readonly string[] = JSON.parse(text).errors ?? [];
  return expected.flatMap((wanted, index) => {
    const [one, other] = [firstLine(wanted), firstLine(actual[index] ?? "")];
    return one === other ? [] : [`errors[${index}] is "${other}", not "${one}"`];
  });
}

function firstLine(text: string): string {
  const [first = "", second = ""] = text.split("\n");
  const line = first === "<Exception on server side:" ? second : first;
  return line
    .replaceAll(ID, "<id>")
    .replaceAll(PATH, "/flink-web-upload/")
    .replace(/in \/[\w/-]*flink-web-upload\.$/, "in /flink-web-upload.")
    .replace(/OperationKey@\w+$/, "OperationKey");
}

const SECURITY = { host: "127.0.0.1", tokens: [], hasTls: false, hostNames: [] };

export interface Replayer {
  replay(recording: Recording): Promise<Reply>;
  close(): Promise<void>;
}

/** Against the server of the product, over a cluster in the state that was recorded. */
export async function recordedReplayer(recordings: readonly Recording[]): Promise<Replayer> {
  const cluster = new RecordedCluster();
  const app = await createRestServer({
    cluster,
    clock: { ...systemClock, now: () => cluster.nowMs },
    security: SECURITY,
    tls: null,
    requestsPerSecond: 1_000_000,
    logger: false,
  });
  return {
    replay: async (recording) => {
      cluster.show(sceneOf(recording, recordings));
      return ask(app, recording, await prepared(app, recording));
    },
    close: () => app.close(),
  };
}

/** Operations are begun first; those that were still under way when they were asked for cannot be asked for here. */
async function prepared(app: FastifyInstance, { name, request }: Recording): Promise<string> {
  const match = /^(.*?)\/([0-9a-f]{32})$/.exec(request.path);
  const [, base = "", triggerId = ""] = match ?? [];
  const isOperation = /(\/savepoints|\/checkpoints|\/savepoint-disposal|\/datasets\/delete)$/.test(
    base,
  );
  if (request.method !== "GET" || !isOperation || /unknown trigger/.test(name)) return request.path;
  const begin = operationOf(base, name, triggerId);
  const begun = await app.inject({ ...begin, headers: { host: "127.0.0.1" } });
  await new Promise((resolve) => setImmediate(resolve));
  return `${base}/${begun.json()["request-id"]}`;
}

function operationOf(base: string, name: string, triggerId: string) {
  if (base.endsWith("/delete")) {
    return { method: "DELETE", url: `/datasets/${triggerId}` } as const;
  }
  const isBad = /cannot be created|does not exist/.test(name);
  const payload = base.endsWith("disposal")
    ? { "savepoint-path": isBad ? "/nope" : "/data" }
    : isBad
      ? { "target-directory": "file:///proc/nope" }
      : {};
  return { method: "POST", url: base, payload } as const;
}

async function ask(app: FastifyInstance, { request }: Recording, url: string): Promise<Reply> {
  const { method, headers, body } = request;
  const answer = await app.inject({
    method: method as "GET",
    url,
    headers: { host: "127.0.0.1:8081", ...headers },
    ...payloadOf(headers ?? {}, body),
  });
  return {
    status: answer.statusCode,
    headers: answer.headers as Reply["headers"],
    text: answer.body,
  };
}

export function payloadOf(
  headers: Readonly<Record<string, string>>,
  body: unknown,
): { readonly payload?: string | Buffer } {
  if (body === undefined || body === null) return {};
  if (typeof body === "string") return { payload: Buffer.from(body, "latin1") };
  const parts = (body as { readonly multipart?: readonly RecordedPart[] }).multipart;
  if (parts === undefined) return { payload: JSON.stringify(body) };
  const boundary = /boundary=(.*)$/.exec(headers["Content-Type"] ?? "")?.[1] ?? "";
  return { payload: multipartOf(parts, boundary) };
}

function multipartOf(parts: readonly RecordedPart[], boundary: string): string {
  const texts = parts.map(({ name, filename, type, bytes }) => {
    const file = filename === undefined ? "" : `; filename="${filename}"`;
    const typed = type === undefined ? "" : `Content-Type: ${type}\r\n`;
    return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${typed}\r\n${"x".repeat(bytes)}\r\n`;
  });
  return `${texts.join("")}--${boundary}--\r\n`;
}
