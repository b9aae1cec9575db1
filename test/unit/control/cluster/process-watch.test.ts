import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnose, rssOf } from "../../../../control/cluster/process-watch.ts";
import { programEnvironment } from "../../../../control/cluster/program-environment.ts";

const LIMITS = { rssBytes: 100 << 20, silentMs: 1_000 };

test("a process is well until it is silent for too long or takes too much", () => {
  const code = (rssBytes: number | null, silentMs: number): string | undefined =>
    diagnose({ rssBytes, silentMs }, LIMITS)?.code;
  assert.equal(code(100 << 20, 999), undefined);
  assert.equal(code(null, 0), undefined);
  assert.equal(code((100 << 20) + 1, 0), "MR_JOB_MEMORY");
  assert.equal(code(0, 1_000), "MR_JOB_PROCESS_SILENT");
});

test("resident memory of a process is read where the system tells it", () => {
  const rss = rssOf(process.pid);
  if (process.platform === "linux") assert.ok(rss !== null && rss > 10 << 20);
  assert.equal(rssOf(2 ** 30), null);
});

test("programs see the environment without the service's own variables", () => {
  const environment = {
    PATH: "/bin",
    MILLRACE_PARALLELISM: "2",
    MILLRACE_CONFIG: "c.json",
    MILLRACE_CACHE_DIR: "/cache",
    MILLRACE_TOKEN: "secret",
  };
  const { MILLRACE_TOKEN: _, ...rest } = environment;
  assert.deepEqual(programEnvironment(environment), rest);
});
