import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemSettings } from "../../../../control/config/base-settings.ts";
import { SERVER_VARIABLES } from "../../../../control/config/environment-variables.ts";
import { SERVER_OPTIONS, serverSettings } from "../../../../control/config/server-settings.ts";
import { throwsCode } from "../throws-code.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-server-config-"));
after(() => rmSync(folder, { recursive: true }));

function inFile(options: object): string {
  const path = join(folder, `${Math.trunc(performance.now() * 1000)}.json`);
  writeFileSync(path, JSON.stringify(options));
  return path;
}

test("without settings it listens to this machine on Flink's port", () => {
  const { host, port, dataDirectory, token, tlsCert } = serverSettings({}, folder, {});
  assert.deepEqual(
    [host, port, dataDirectory, token, tlsCert],
    ["127.0.0.1", 8081, join(folder, "millrace-data"), null, null],
  );
});

test("flags go over variables, variables over the file", () => {
  const path = inFile({ server: { port: 1, host: "a", token: "file", jobMemoryMb: 512 } });
  const variables = { MILLRACE_CONFIG: path, MILLRACE_PORT: "2", MILLRACE_HOST: "b" };
  const { port, host, token, jobMemoryMb } = serverSettings({ port: 3 }, folder, variables);
  assert.deepEqual([port, host, token, jobMemoryMb], [3, "b", "file", 512]);
});

test("paths are taken from the working directory, names are separated by commas", () => {
  const flags = { dataDirectory: "d", tlsCert: "c.pem", hostNames: "a.example, b.example," };
  const { dataDirectory, tlsCert, hostNames } = serverSettings(flags, folder, {});
  assert.deepEqual(
    [dataDirectory, tlsCert, hostNames],
    [join(folder, "d"), join(folder, "c.pem"), ["a.example", "b.example"]],
  );
});

test("bad values and unknown names are said with where they were set", () => {
  const settingsOf = (variables: object) => () => serverSettings({}, folder, { ...variables });
  throwsCode("MR_CONFIG_INVALID", settingsOf({ MILLRACE_PORT: "many" }));
  throwsCode("MR_CONFIG_INVALID", settingsOf({ MILLRACE_PORT: "70000" }));
  throwsCode("MR_CONFIG_INVALID", settingsOf({ MILLRACE_CONFIG: inFile({ server: [] }) }));
  throwsCode("MR_CONFIG_INVALID", settingsOf({ MILLRACE_CONFIG: inFile({ server: { host: 1 } }) }));
  throwsCode(
    "MR_CONFIG_UNKNOWN_OPTION",
    settingsOf({ MILLRACE_CONFIG: inFile({ server: { prot: 1 } }) }),
  );
});

test("settings of the server are no options of jobs", () => {
  const variables = Object.fromEntries(SERVER_VARIABLES.map((name) => [name, "1"]));
  const path = inFile({ parallelism: 3, server: { port: 1 } });
  const settings = systemSettings(folder, { ...variables, MILLRACE_CONFIG: path }).resolve();
  assert.equal(settings.parallelism, 3);
});

test("every variable is of an option", () => {
  const variables = Object.values(SERVER_OPTIONS).map(({ variable }) => variable);
  assert.deepEqual(variables.toSorted(), [...SERVER_VARIABLES].sort());
});
