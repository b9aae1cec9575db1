import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import type { FastifyInstance } from "fastify";
import { testServer } from "./test-server.ts";

const BOUNDARY = "----millrace";

function part(name: string, fileName: string | null, body: string): string {
  const file = fileName === null ? "" : `; filename="${fileName}"`;
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${body}\r\n`;
}

async function upload(app: FastifyInstance, url: string, ...parts: string[]) {
  const headers = {
    host: "localhost",
    "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
  };
  const payload = `${parts.join("")}--${BOUNDARY}--\r\n`;
  const { statusCode, body } = await app.inject({ method: "POST", url, headers, payload });
  return { statusCode, body: JSON.parse(body) };
}

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("millrace-upload-"));
}

test("a bundle is taken under the last part of its name, whatever its field is called", async (context) => {
  const app = await testServer(context);
  for (const name of ["job.jar", "../../evil dir/job.jar", "c:\\temp\\job.jar"]) {
    const { statusCode, body } = await upload(app, "/jars/upload", part("any", name, "PK"));
    assert.equal(statusCode, 200, name);
    assert.match(body.filename, /^\/flink-web-upload\/[0-9a-f-]{36}_job\.jar$/);
  }
});

test("anything but one bundle is refused, and nothing of it is left", async (context) => {
  const app = await testServer(context);
  const before = leftovers();
  const jar = part("jarfile", "a.jar", "PK");
  const cases: readonly (readonly string[])[] = [
    [],
    [jar, jar],
    [jar, jar, jar],
    [part("jarfile", "a.zip", "PK")],
    [part("jarfile", null, "text")],
    [part("x".repeat(5000), "a.jar", "PK"), jar],
  ];
  for (const parts of cases) {
    const { statusCode, body } = await upload(app, "/jars/upload", ...parts);
    assert.ok(statusCode === 400 || statusCode === 413, `${statusCode} ${JSON.stringify(body)}`);
  }
  assert.deepEqual(leftovers(), before);
});

test("files are refused where none are taken", async (context) => {
  const app = await testServer(context);
  const url = `/jobs/${"0".repeat(32)}/savepoints`;
  const { statusCode } = await upload(app, url, part("jarfile", "a.jar", "PK"));
  assert.equal(statusCode, 400);
});

test("a request that ends in the middle of a file is refused", async (context) => {
  const app = await testServer(context);
  const payload = part("jarfile", "a.jar", "PK").slice(0, -4);
  const headers = {
    host: "localhost",
    "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
  };
  const before = leftovers();
  const answer = await app.inject({ method: "POST", url: "/jars/upload", headers, payload });
  assert.equal(answer.statusCode, 400);
  assert.deepEqual(leftovers(), before);
});

test("bodies that are too large are refused before they are read", async (context) => {
  const app = await testServer(context);
  const headers = { host: "localhost" };
  const answer = await app.inject({
    method: "POST",
    url: `/jobs/${"0".repeat(32)}/savepoints`,
    headers,
    payload: "x".repeat(2_000_000),
  });
  assert.equal(answer.statusCode, 413);
});
