/** The HTTP server: routes with who may use them, and what is the same for all. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import helmet from "@fastify/helmet";
import multipart from "@fastify/multipart";
import rateLimit from "@fastify/rate-limit";
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { Cluster } from "../cluster/cluster.ts";
import type { Clock } from "../common/clock.ts";
import { statusOf } from "./error-status.ts";
import { failureChain, internalFailure, RestFailure, refused } from "./errors.ts";
import { type Json, toJson } from "./json.ts";
import { addOpenApi, schemaOf } from "./openapi.ts";
import { Operations } from "./operations.ts";
import { PATH_PARAMETERS, readPath, readQuery } from "./parameters.ts";
import { queryValues, routedPath, shownPath } from "./paths.ts";
import { EMPTY_BODY, parseBody, readBody } from "./request-body.ts";
import { requestOf } from "./rest-request.ts";
import type { Answer, Method, RestContext, Role, Route } from "./route.ts";
import { FLINK_ROUTES } from "./routes/all-routes.ts";
import { SERVICE_ROUTES } from "./routes/service-routes.ts";
import { checkSecurity, Guard, type SecuritySettings } from "./security.ts";
import { receiveFiles, UPLOAD_LIMITS, type Upload } from "./uploads.ts";

export interface RestServerOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly security: SecuritySettings;
  /** PEM; null = no TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Requests of one address in a second. */
  readonly requestsPerSecond: number;
  readonly logger: NonNullable<FastifyServerOptions["logger"]> | false;
}

const JSON_TYPE = "application/json; charset=UTF-8";
/** Of requests without files. */
const BODY_BYTES_MAX = 1_048_576;
/** Of a name in a path: ids of bundles have the name of their file in them. */
const PARAMETER_LENGTH_MAX = 512;
const REQUEST_TIMEOUT_MS = 60_000;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may ask; null = everybody. */
    readonly role?: Role | null;
  }
}

/** Errors: MR_SERVER_INSECURE. */
export async function createRestServer(options: RestServerOptions): Promise<FastifyInstance> {
  const { cluster, clock, security, tls } = options;
  checkSecurity(security);
  const app = fastify({
    logger: options.logger,
    disableRequestLogging: true,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = "/" }) => routedPath(url),
    routerOptions: { maxParamLength: PARAMETER_LENGTH_MAX, querystringParser: queryValues },
    ...(tls === null ? {} : { https: { cert: tls.certificate, key: tls.key } }),
  }) as unknown as FastifyInstance;
  const context: RestContext = { cluster, clock, operations: new Operations(clock) };
  await addPlugins(app, options);
  addGuard(app, new Guard(security));
  addBodies(app);
  addFailures(app);
  await addOpenApi(app);
  for (const route of [...SERVICE_ROUTES, ...FLINK_ROUTES]) addRoute(app, route, context);
  return app;
}

async function addPlugins(
  app: FastifyInstance,
  { requestsPerSecond, tls }: RestServerOptions,
): Promise<void> {
  await app.register(helmet, {
    strictTransportSecurity: tls !== null,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  await app.register(rateLimit, {
    max: requestsPerSecond,
    timeWindow: 1000,
    addHeaders: NO_HEADERS,
    addHeadersOnExceeding: NO_HEADERS,
    errorResponseBuilder: () => refused(429, "Too many requests in a second. Ask less often."),
  });
  await app.register(multipart, { limits: UPLOAD_LIMITS, throwFileSizeLimit: true });
}

const NO_HEADERS = {
  "x-ratelimit-limit": false,
  "x-ratelimit-remaining": false,
  "x-ratelimit-reset": false,
  "retry-after": false,
};

function addGuard(app: FastifyInstance, guard: Guard): void {
  app.addHook("onRequest", async (request, reply) => {
    const { role = "read" } = request.routeOptions.config;
    const isSafe = role === null || role === "read";
    const refusal = guard.check(request.headers, role, isSafe);
    if (refusal !== null) {
      if (refusal.status === 401) reply.header("www-authenticate", "Bearer");
      throw new RestFailure(refusal.status, [refusal.message]);
    }
    // Pages of other sites are answered, but their browser does not let them read it.
    if (!guard.isForeign(request.headers)) reply.header("access-control-allow-origin", "*");
  });
}

/** Every type of content is JSON, as in Flink, but files. */
function addBodies(app: FastifyInstance): void {
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
  app.setValidatorCompiler(() => () => true);
}

function addFailures(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const path = shownPath(request.originalUrl);
    const isGet = request.method === "GET";
    if (isGet) reply.removeHeader("access-control-allow-origin");
    const message = isGet ? `Unable to load requested file ${path}.` : `Not found: ${path}`;
    sendJson(reply, 404, { errors: [message] });
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error);
    if (!failure.isForAll) reply.removeHeader("access-control-allow-origin");
    if (failure.status === 500) request.log.error({ err: error }, "request failed");
    sendJson(reply, failure.status, { errors: failure.errors });
  });
}

function failureOf(error: unknown): RestFailure {
  if (error instanceof RestFailure) return error;
  const status = statusOf(error);
  const chain = failureChain(error);
  return status === 500 ? internalFailure(...chain) : new RestFailure(status, chain.slice(0, 1));
}

function addRoute(app: FastifyInstance, route: Route, context: RestContext): void {
  const { method, path: url, role } = route;
  app.route({
    method,
    url,
    schema: schemaOf(route),
    config: { role },
    handler: async (request, reply) => {
      await send(reply, await answerTo(request, route, context));
      return reply;
    },
  });
}

/** Files of the request are gone when the answer is there. */
async function answerTo(
  request: FastifyRequest,
  route: Route,
  context: RestContext,
): Promise<Answer> {
  const upload = await uploadOf(request, route);
  try {
    checkParameters(request, route);
    return await route.answer(requestOf(request, upload), context);
  } finally {
    await upload?.discard();
  }
}

async function uploadOf(request: FastifyRequest, { body }: Route): Promise<Upload | null> {
  if (!request.isMultipart()) return null;
  if (body === "files") return receiveFiles(request);
  throw refused(400, "File uploads not allowed.");
}

/** Before anything is looked up, as in Flink: the body, then the path, then the query. */
function checkParameters(request: FastifyRequest, { method, path, queries, body }: Route): void {
  if (hasBody(method) && !request.isMultipart()) checkBody(request, body);
  const values = request.params as Readonly<Record<string, string>>;
  for (const [, name] of path.matchAll(/:(\w+)/g)) {
    const parameter = PATH_PARAMETERS.find((one) => one.name === name);
    if (parameter !== undefined) readPath(parameter, values);
  }
  const query = request.query as Readonly<Record<string, readonly string[]>>;
  for (const parameter of queries ?? []) readQuery(parameter, query);
}

function checkBody(request: FastifyRequest, format: Route["body"]): void {
  const bytes = Buffer.isBuffer(request.body) ? request.body : undefined;
  if (typeof format === "object") readBody(format, bytes);
  else if (format !== "members") parseBody(EMPTY_BODY, bytes);
}

function hasBody(method: Method): boolean {
  return method !== "GET";
}

async function send(reply: FastifyReply, answer: Answer): Promise<void> {
  if ("body" in answer) {
    if (answer.forAll === false) reply.removeHeader("access-control-allow-origin");
    return sendJson(reply, answer.status, answer.body);
  }
  if ("text" in answer) {
    reply.removeHeader("access-control-allow-origin");
    reply.code(answer.status).header("content-type", answer.type).send(answer.text);
    return;
  }
  reply.removeHeader("access-control-allow-origin");
  // A log grows while it is sent: what it has now is what is sent.
  const { size } = await stat(answer.file);
  reply.code(200).header("content-type", "text/plain").header("content-length", size);
  reply.send(size === 0 ? "" : createReadStream(answer.file, { end: size - 1 }));
}

function sendJson(reply: FastifyReply, status: number, body: Json): void {
  reply.code(status).header("content-type", JSON_TYPE).send(toJson(body));
}
