import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLES, type Role, type Route } from "../../../../control/rest/route.ts";
import { FLINK_ROUTES } from "../../../../control/rest/routes/all-routes.ts";
import { SERVICE_ROUTES } from "../../../../control/rest/routes/service-routes.ts";
import { checkSecurity, Guard } from "../../../../control/rest/security.ts";
import { EngineError } from "../../../../dataplane/protocol/errors.ts";
import { testServer } from "./test-server.ts";

const TOKENS = ROLES.map((role) => ({ role, value: `${role}-0123456789abcdef` }));
const ALL_ROUTES: readonly Route[] = [...SERVICE_ROUTES, ...FLINK_ROUTES];
const ID = "0".repeat(32);

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

function urlOf({ path }: Route): string {
  return path.replaceAll(/:(subtaskindex|attempt|checkpointid)/g, "1").replaceAll(/:\w+/g, ID);
}

test("every route refuses who has no token, a wrong one, or one of a lower role", async (context) => {
  const app = await testServer(context, { tokens: TOKENS });
  const statusOf = async (route: Route, headers: object): Promise<number> => {
    const { method } = route;
    const url = urlOf(route);
    return (await app.inject({ method, url, headers: { host: "localhost", ...headers } }))
      .statusCode;
  };
  const failures: string[] = [];
  for (const route of ALL_ROUTES) {
    const { role, method, path } = route;
    if (role === null) continue;
    const expect = (what: string, actual: number, isRight: boolean): void => {
      if (!isRight) failures.push(`${method} ${path} ${what}: ${actual}`);
    };
    const none = await statusOf(route, {});
    expect("without a token", none, none === 401);
    const wrong = await statusOf(route, bearer("wrong-0123456789abcdef"));
    expect("with a wrong token", wrong, wrong === 401);
    const rank = ROLES.indexOf(role);
    for (const [index, { role: given, value }] of TOKENS.entries()) {
      const status = await statusOf(route, bearer(value));
      expect(`as ${given}`, status, index < rank ? status === 403 : ![401, 403].includes(status));
    }
  }
  assert.deepEqual(failures, []);
});

test("every route of the server is in the list", async (context) => {
  const app = await testServer(context);
  const { paths } = (
    await app.inject({ url: "/openapi.json", headers: { host: "localhost" } })
  ).json();
  const listed = new Set(ALL_ROUTES.map(({ path }) => path.replaceAll(/:(\w+)/g, "{$1}")));
  assert.deepEqual(
    Object.keys(paths).filter((path) => !listed.has(path)),
    [],
  );
  assert.ok(Object.keys(paths).length > 60);
});

test("paths that are no route, and documents, need a token as well", async (context) => {
  const app = await testServer(context, { tokens: TOKENS });
  for (const url of ["/nope", "/openapi.json", "/openapi/", "/v2/jobs"]) {
    const { statusCode } = await app.inject({ url, headers: { host: "localhost" } });
    assert.equal(statusCode, 401, url);
  }
});

test("health is for everybody", async (context) => {
  const app = await testServer(context, { tokens: TOKENS });
  for (const url of ["/healthz", "/readyz", "/v1/healthz"]) {
    assert.equal((await app.inject({ url, headers: { host: "localhost" } })).statusCode, 200, url);
  }
});

function refusalOf(host: string, tokenCount: number, hasTls: boolean): string | null {
  try {
    checkSecurity({ host, tokens: TOKENS.slice(0, tokenCount), hasTls, hostNames: [] });
    return null;
  } catch (error) {
    assert.ok(error instanceof EngineError);
    return error.code;
  }
}

test("only this machine is listened to without tokens and TLS", () => {
  for (const host of ["127.0.0.1", "localhost", "::1", "127.8.0.1"]) {
    assert.equal(refusalOf(host, 0, false), null, host);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org"]) {
    assert.equal(refusalOf(host, 0, false), "MR_SERVER_INSECURE", host);
    assert.equal(refusalOf(host, 1, false), "MR_SERVER_INSECURE", host);
    assert.equal(refusalOf(host, 0, true), "MR_SERVER_INSECURE", host);
    assert.equal(refusalOf(host, 1, true), null, host);
  }
});

test("a token that could be guessed is refused", () => {
  const settings = { host: "localhost", hasTls: false, hostNames: [] };
  const tokens = [{ role: "admin" as Role, value: "short" }];
  assert.throws(() => checkSecurity({ ...settings, tokens }), EngineError);
});

const guard = new Guard({
  host: "127.0.0.1",
  tokens: [],
  hasTls: false,
  hostNames: ["flink.local"],
});

test("names that the server is not called by are refused: they may be made to stand for its address", () => {
  const statusOf = (host: string | undefined) => guard.check({ host }, "read", true)?.status ?? 200;
  for (const host of [
    "localhost",
    "localhost:8081",
    "127.0.0.1:8081",
    "[::1]:8081",
    "flink.local",
  ]) {
    assert.equal(statusOf(host), 200, host);
  }
  for (const host of ["evil.example", "localhost.evil.example:8081", "", "a b", undefined]) {
    assert.equal(statusOf(host), 421, host);
  }
});

test("pages of other sites may not change anything", () => {
  const statusOf = (origin: string, isSafe: boolean) =>
    guard.check({ host: "localhost:8081", origin }, "submit", isSafe)?.status ?? 200;
  assert.equal(statusOf("http://localhost:8081", false), 200);
  assert.equal(statusOf("http://evil.example", true), 200);
  for (const origin of ["http://evil.example", "http://localhost:9000", "null", "file://"]) {
    assert.equal(statusOf(origin, false), 403, origin);
  }
});

test("pages of other sites do not get to read answers", async (context) => {
  const app = await testServer(context);
  const originOf = async (origin: string) => {
    const headers = { host: "localhost:8081", origin };
    const answer = await app.inject({ url: "/overview", headers });
    return answer.headers["access-control-allow-origin"];
  };
  assert.equal(await originOf("http://evil.example"), undefined);
  assert.equal(await originOf("http://localhost:8081"), "*");
});

test("answers forbid pages to run what is not the server's", async (context) => {
  const app = await testServer(context);
  const { headers } = await app.inject({ url: "/", headers: { host: "localhost" } });
  assert.match(String(headers["content-security-policy"]), /default-src 'self'/);
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("who asks too often is told so", async (context) => {
  const app = await testServer(context, { requestsPerSecond: 3 });
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    const answer = await app.inject({ url: "/overview", headers: { host: "localhost" } });
    statuses.push(answer.statusCode);
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
});
