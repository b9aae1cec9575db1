/** The routes as an OpenAPI document, and a page that shows it. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance, FastifySchema } from "fastify";
import { FLINK_VERSION } from "./flink-version.ts";
import { PATH_PARAMETERS } from "./parameters.ts";
import type { Field, FieldKind } from "./request-body.ts";
import type { Route } from "./route.ts";

const TITLE = "Millrace";
const DESCRIPTION = `Flink's REST API v1 as of ${FLINK_VERSION}; the same paths are there below /v1.`;

/** Before the routes, so that it sees them. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: { title: TITLE, description: DESCRIPTION, version: "v1" },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{}, { token: [] }],
    },
  });
  app.get("/openapi.json", { schema: { hide: true }, config: { role: "read" } }, async () =>
    app.swagger(),
  );
  await app.register(swaggerUi, {
    routePrefix: "/openapi",
    staticCSP: true,
    uiHooks: {},
  });
}

export function schemaOf(route: Route): FastifySchema & Record<string, unknown> {
  const { path, queries, body, summary, role } = route;
  const params = [...path.matchAll(/:(\w+)/g)].flatMap(([, name]) =>
    PATH_PARAMETERS.filter((parameter) => parameter.name === name),
  );
  return {
    summary,
    description: role === null ? "For everybody" : `Role: ${role}`,
    ...(params.length === 0 ? {} : { params: objectOf(params, true) }),
    ...(queries === undefined || queries.length === 0
      ? {}
      : { querystring: objectOf(queries, false) }),
    ...bodySchema(body),
  };
}

interface Named {
  readonly name: string;
  readonly description: string;
}

function objectOf(parameters: readonly Named[], isRequired: boolean): Record<string, unknown> {
  const properties = parameters.map(({ name, description }) => [
    name,
    { type: "string", description },
  ]);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(isRequired ? { required: parameters.map(({ name }) => name) } : {}),
  };
}

function bodySchema(body: Route["body"]): Record<string, unknown> {
  if (body === undefined) return {};
  if (body === "members") return { body: { type: "object", additionalProperties: true } };
  if (body === "files") {
    const file = { type: "string", format: "binary" };
    return {
      consumes: ["multipart/form-data"],
      body: { type: "object", properties: { jarfile: file } },
    };
  }
  const properties = Object.entries(body.fields).map(([name, field]) => [name, fieldSchema(field)]);
  return {
    body: { type: "object", title: body.name, properties: Object.fromEntries(properties) },
  };
}

function fieldSchema({ kind, description }: Field): Record<string, unknown> {
  return { ...kindSchema(kind), nullable: true, description };
}

function kindSchema(kind: FieldKind): Record<string, unknown> {
  if (typeof kind !== "string") return { type: "string", enum: kind };
  if (kind === "texts") return { type: "array", items: { type: "string" } };
  if (kind === "map") return { type: "object", additionalProperties: { type: "string" } };
  if (kind === "integer" || kind === "long") return { type: "integer" };
  if (kind === "id") return { type: "string", pattern: "^[0-9a-fA-F]{32}$" };
  return { type: kind === "boolean" ? "boolean" : "string" };
}
