/** What a route is: who may use it, what it takes, and what it answers. The server and OpenAPI are made from it. */
import type { Cluster } from "../cluster/cluster.ts";
import type { Clock } from "../common/clock.ts";
import type { Json } from "./json.ts";
import type { Operations } from "./operations.ts";
import type { PathParameter, QueryParameter } from "./parameters.ts";
import type { Body, BodyFormat, Field } from "./request-body.ts";

/** Who may do it; each may do what those before it may. */
export const ROLES = ["read", "submit", "admin"] as const;
export type Role = (typeof ROLES)[number];

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RestContext {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly operations: Operations;
}

/** A file that was sent, in a place of its own until the answer is there. */
export interface UploadedFile {
  readonly path: string;
  readonly fileName: string;
}

export interface RestRequest {
  /** `http://host:port` that the server was asked by. */
  readonly address: string;
  path<T>(parameter: PathParameter<T>): T;
  /** Every value, in order. */
  query<T>(parameter: QueryParameter<T>): readonly T[];
  /** Whether the parameter was given, be it without a value. */
  has(parameter: QueryParameter<unknown>): boolean;
  /** Of a parameter that may be given once; undefined = it is not. */
  value<T>(parameter: QueryParameter<T>): T | undefined;
  body<F extends Readonly<Record<string, Field>>>(format: BodyFormat<F>): Body<F>;
  /** Of a body whose members have names of the sender's. */
  members(format: string): Readonly<Record<string, unknown>>;
  readonly files: readonly UploadedFile[];
}

export type Answer =
  /** forAll: false = pages of other sites may not read it, as with Flink's redirections. */
  | { readonly status: number; readonly body: Json; readonly forAll?: false }
  /** Plain text from a file, which may be growing. */
  | { readonly status: 200; readonly file: string }
  | { readonly status: number; readonly text: string; readonly type: string };

export interface Route {
  readonly method: Method;
  /** Parameters are `:name`. */
  readonly path: string;
  /** Who may; null = everybody, also without a token. */
  readonly role: Role | null;
  readonly summary: string;
  readonly queries?: readonly QueryParameter<unknown>[];
  readonly body?: BodyFormat<Readonly<Record<string, Field>>> | "members" | "files";
  answer(request: RestRequest, context: RestContext): Answer | Promise<Answer>;
}

/** A route that only shows something. */
export function readRoute(
  path: string,
  summary: string,
  answer: Route["answer"],
  queries: Route["queries"] = [],
): Route {
  return { method: "GET", path, role: "read", summary, queries, answer };
}

export function ok(body: Json): Answer {
  return { status: 200, body };
}

export function accepted(body: Json): Answer {
  return { status: 202, body };
}
