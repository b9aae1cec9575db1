/** `millrace server` as strangers use it: by HTTP, by signals. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "../../control/common/clock.ts";
import { runCli, startCli } from "./cli.ts";
import { numbersIn, type ProgramName, programText } from "./hosted-programs.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-server-test-"));
});
const running = new Set<ReturnType<typeof startCli>>();
after(async () => {
  for (const { process } of running) process.kill("SIGKILL");
  await Promise.all([...running].map(({ outcome }) => outcome));
  await rm(folder, { recursive: true, force: true });
});

interface Server {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  send<T>(method: string, path: string, body?: object | FormData): Promise<T>;
  /** @returns its exit code */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

async function startServer(...args: readonly string[]): Promise<Server> {
  const data = join(folder, "data");
  const started = startCli(["server", "--port", "0", "--data-dir", data, "--json", ...args]);
  running.add(started);
  let line = "";
  await started.until((stdout) => {
    line = stdout;
    return stdout.endsWith("\n");
  });
  const { event, url } = JSON.parse(line);
  assert.equal(event, "listening");
  const send = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const payload = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    url,
    send,
    get: (path) => send("GET", path),
    end: async (signal) => {
      started.process.kill(signal);
      return (await started.outcome).code;
    },
  };
}

async function pause(): Promise<void> {
  await new Promise<void>((resolve) => systemClock.after(20, resolve));
}

async function upload(server: Server, name: ProgramName): Promise<string> {
  const form = new FormData();
  form.append("jarfile", new Blob([programText(name)]), name);
  const { filename } = await server.send<{ filename: string }>("POST", "/jars/upload", form);
  return filename.slice(filename.lastIndexOf("/") + 1);
}

async function untilState(server: Server, jobId: string, state: string): Promise<void> {
  for (;;) {
    const { status } = await server.get<{ status: string }>(`/jobs/${jobId}/status`);
    if (status === state) return;
    assert.notEqual(status, "FAILED");
    await pause();
  }
}

/** Asks until there are records behind the sinks. */
async function untilWriting(server: Server, jobId: string): Promise<void> {
  for (;;) {
    const { vertices } = await server.get<{ vertices: { metrics: Record<string, number> }[] }>(
      `/v1/jobs/${jobId}`,
    );
    if (vertices.some(({ metrics }) => (metrics["read-records"] ?? 0) > 3)) return;
    await pause();
  }
}

async function operation(server: Server, path: string, trigger: string): Promise<string> {
  for (;;) {
    const { status, operation: outcome } = await server.get<{
      status: { id: string };
      operation: { location?: string } | null;
    }>(`${path}/${trigger}`);
    if (status.id === "COMPLETED") {
      assert.ok(outcome?.location !== undefined, JSON.stringify(outcome));
      return outcome.location;
    }
    await pause();
  }
}

test("a bundle is uploaded, run, stopped with a savepoint and resumed at another parallelism", async () => {
  const server = await startServer("--slots", "4");
  const output = join(folder, "numbers");
  const count = 1000;
  const jar = await upload(server, "exact.mjs");
  const run = { programArgsList: [output, String(count)], parallelism: 1 };
  const { jobid } = await server.send<{ jobid: string }>("POST", `/jars/${jar}/run`, run);
  await untilState(server, jobid, "RUNNING");
  await untilWriting(server, jobid);
  const stop = await server.send<{ "request-id": string }>("POST", `/jobs/${jobid}/stop`, {});
  const savepoint = await operation(server, `/jobs/${jobid}/savepoints`, stop["request-id"]);
  await untilState(server, jobid, "FINISHED");
  assert.ok((await numbersIn(output)).length < count);

  await writeFile(`${output}.fast`, "");
  const again = { ...run, parallelism: 2, savepointPath: savepoint };
  const resumed = await server.send<{ jobid: string }>("POST", `/jars/${jar}/run`, again);
  await untilState(server, resumed.jobid, "FINISHED");
  const numbers = await numbersIn(output);
  assert.deepEqual(
    numbers,
    Array.from({ length: count }, (_, index) => index),
  );
  const { counts } = await server.get<{ counts: { restored: number } }>(
    `/jobs/${resumed.jobid}/checkpoints`,
  );
  assert.equal(counts.restored, 1);
  assert.equal(await server.end("SIGTERM"), 0);
});

test("a server that was told to end, or died, goes on with its jobs", async () => {
  let server = await startServer("--slots", "4");
  const output = join(folder, "again");
  const jar = await upload(server, "exact.mjs");
  const run = { programArgsList: [output, "500"] };
  const { jobid } = await server.send<{ jobid: string }>("POST", `/jars/${jar}/run`, run);
  await untilState(server, jobid, "RUNNING");
  await untilWriting(server, jobid);
  assert.equal(await server.end("SIGTERM"), 0);
  server = await startServer("--slots", "4");
  await untilState(server, jobid, "RUNNING");
  await server.end("SIGKILL");
  await writeFile(`${output}.fast`, "");
  server = await startServer("--slots", "4");
  await untilState(server, jobid, "FINISHED");
  assert.deepEqual(
    await numbersIn(output),
    Array.from({ length: 500 }, (_, index) => index),
  );
  await server.send("DELETE", "/cluster");
});

test("it does not listen to other machines without a token and TLS", async () => {
  for (const args of [[], ["--token", "0123456789abcdef"]]) {
    const { code, stderr } = await runCli(["server", "--host", "0.0.0.0", "--port", "0", ...args]);
    assert.equal(code, 1);
    assert.match(stderr, /MR_SERVER_INSECURE/);
  }
});

test("an address that is taken is said to be", async () => {
  const server = await startServer();
  const port = new URL(server.url).port;
  const data = join(folder, "other");
  const { code, stderr } = await runCli(["server", "--port", port, "--data-dir", data]);
  assert.equal(code, 1);
  assert.match(stderr, /MR_SERVER_ADDRESS/);
  await server.end("SIGINT");
});
