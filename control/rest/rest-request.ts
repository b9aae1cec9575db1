import type { FastifyRequest } from "fastify";
import { onlyValue, readPath, readQuery } from "./parameters.ts";
import { parseBody, readBody } from "./request-body.ts";
import type { RestRequest } from "./route.ts";
import type { Upload } from "./uploads.ts";

/** What routes see of a request. */
export function requestOf(request: FastifyRequest, upload: Upload | null): RestRequest {
  const params = request.params as Readonly<Record<string, string>>;
  const query = request.query as Readonly<Record<string, readonly string[]>>;
  const bytes = Buffer.isBuffer(request.body) ? request.body : undefined;
  return {
    address: `${request.protocol}://${request.host}`,
    path: (parameter) => readPath(parameter, params),
    query: (parameter) => readQuery(parameter, query),
    has: ({ name }) => query[name] !== undefined,
    value: (parameter) => onlyValue(readQuery(parameter, query)),
    body: (format) => readBody(format, bytes),
    members: (format) => parseBody(format, bytes),
    files: upload?.files ?? [],
  };
}
