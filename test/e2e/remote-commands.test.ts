/** Commands that talk to a service: what they send, and what they make of its answers. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { readProgram } from "../../control/cluster/bundle-archive.ts";
import { runCli } from "./cli.ts";

interface Seen {
  readonly request: string;
  readonly token: string | undefined;
  readonly body: Buffer;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const JOB = "9289d33fde31c513b63c95c448ab2ff5";
const TRIGGER = "a3d411afb44811e70b81d7a13e52f34c";
const IN_PROGRESS = { status: { id: "IN_PROGRESS" }, operation: null };

let server: Server;
let target: string[] = [];
let folder = "";
let seen: Seen[] = [];
let replies: Record<string, Reply[]> = {};

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-remote-test-"));
  server = createServer(async (request, response) => {
    const key = `${request.method} ${request.url}`;
    const token = request.headers.authorization;
    seen.push({ request: key, token, body: await bodyOf(request) });
    const { status, body } = replies[key]?.shift() ?? {
      status: 404,
      body: { errors: ["nothing"] },
    };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  target = ["--target", `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
});
after(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  seen = [];
  replies = {};
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const ok = (body: unknown, status = 200): Reply => ({ status, body });
const completed = (operation: object): Reply => ok({ status: { id: "COMPLETED" }, operation });

test("submit packages a program, uploads it and starts it", async () => {
  const jarId = "a4e30ea4-024b-4175-834d-05f88d9c9239_words.jar";
  replies = {
    "POST /v1/jars/upload": [ok({ filename: `/data/jars/${jarId}`, status: "success" })],
    [`POST /v1/jars/${jarId}/run`]: [ok({ jobid: JOB })],
  };
  const path = join(folder, "words.ts");
  await writeFile(
    path,
    `import { defineJob } from "millrace"; export default defineJob(() => {});`,
  );
  const options = ["-p", "3", "--restore", "/s/1", "--token", "secret", "--json"];
  const { code, stdout, stderr } = await runCli(["submit", ...target, ...options, path, "--", "a"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { event: "submitted", jobId: JOB });
  const [upload, run] = seen;
  assert.deepEqual([upload?.token, run?.token], ["Bearer secret", "Bearer secret"]);
  assert.deepEqual(JSON.parse(String(run?.body)), {
    ...{ programArgsList: ["a"], parallelism: 3, savepointPath: "/s/1" },
  });
  assert.match(String(upload?.body), /name="jarfile"; filename="words\.jar"/);
  const body = upload?.body ?? Buffer.alloc(0);
  const jar = join(folder, "received.jar");
  const end = body.lastIndexOf("\r\n------");
  await writeFile(jar, body.subarray(body.indexOf("PK"), end < 0 ? body.length : end));
  assert.match((await readProgram(jar, "words")).toString(), /from "millrace"/);
});

test("list and info show jobs, and nothing in their names acts on the terminal", async () => {
  const job = { jid: JOB, state: "RUNNING", "start-time": 1_795_385_972_765, duration: 1_500 };
  const name = "Window\u001b[2J job";
  replies = {
    "GET /v1/jobs/overview": [
      ok({ jobs: [{ ...job, name, tasks: { running: 2, total: 3 } }] }),
      ok({ jobs: [] }),
    ],
    [`GET /v1/jobs/${JOB}`]: [
      ok({
        ...{ ...job, name },
        vertices: [
          {
            ...{ id: "v", name: "Source", parallelism: 2, status: "RUNNING" },
            metrics: { "read-records": 4, "write-records": 5 },
          },
        ],
      }),
    ],
  };
  const { stdout } = await runCli(["list", ...target]);
  assert.match(
    stdout,
    /9289d33fde31c513b63c95c448ab2ff5 │ Window \[2J job │ RUNNING │ 2 of 3 │ 2026/,
  );
  assert.match((await runCli(["list", ...target])).stdout, /There are no jobs/);
  const info = await runCli(["info", JOB, ...target]);
  assert.match(info.stdout, /Source +│ RUNNING │ 2 +│ 4 +│ 5/);
});

test("stop, savepoint and checkpoint wait for the end of what they start", async () => {
  const path = "file:/savepoints/savepoint-9289d3-14b0140ed005";
  replies = {
    [`POST /v1/jobs/${JOB}/stop`]: [ok({ "request-id": TRIGGER }, 202)],
    [`POST /v1/jobs/${JOB}/savepoints`]: [ok({ "request-id": TRIGGER }, 202)],
    [`POST /v1/jobs/${JOB}/checkpoints`]: [ok({ "request-id": TRIGGER }, 202)],
    [`GET /v1/jobs/${JOB}/savepoints/${TRIGGER}`]: [
      ok(IN_PROGRESS),
      completed({ location: path }),
      completed({ "failure-cause": { "stack-trace": "a.b.FooException: no room.\n\tat x" } }),
    ],
    [`GET /v1/jobs/${JOB}/checkpoints/${TRIGGER}`]: [completed({ checkpointId: 298 })],
  };
  const stopped = await runCli(["stop", JOB, "--drain", "--dir", "/s", ...target]);
  assert.equal(stopped.stdout, `Stopped with savepoint ${path}\n`);
  assert.deepEqual(JSON.parse(String(seen[0]?.body)), { drain: true, targetDirectory: "/s" });
  const failed = await runCli(["savepoint", "trigger", JOB, ...target]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /MR_SAVEPOINT_FAILED .*no room\./);
  const checkpoint = await runCli(["checkpoint", JOB, ...target, "--json"]);
  assert.deepEqual(JSON.parse(checkpoint.stdout), {
    ...{ event: "checkpoint", jobId: JOB, checkpointId: 298 },
  });
});

test("a service that refuses, or is not there, is named with what it said", async () => {
  const message = "org.apache.flink.runtime.rest.NotFoundException: Job 1 not found\n\tat a.b";
  replies = { "PATCH /v1/jobs/1?mode=cancel": [{ status: 404, body: { errors: [message] } }] };
  const refused = await runCli(["cancel", "1", ...target]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /MR_SERVICE_REFUSED .*status 404: Job 1 not found\n$/);
  const away = await runCli(["list", "--target", "http://127.0.0.1:1", "--json"]);
  assert.equal(away.code, 1);
  assert.match(away.stdout, /MR_SERVICE_UNREACHABLE/);
});
