import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { systemSettings } from "../../../../control/config/base-settings.ts";
import { clientSettings, withClientSettings } from "../../../../control/config/client-settings.ts";
import {
  environmentVariableOf,
  OPTION_NAMES,
  OPTIONS,
} from "../../../../control/config/options.ts";
import { layerOf, Settings } from "../../../../control/config/settings.ts";
import { throwsCode } from "../throws-code.ts";

const folders: string[] = [];
let nextModule = 1;

/** A folder with nothing of a configuration in it. */
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-config-"));
  folders.push(folder);
  return folder;
}

function folderWith(name: string, text: string): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, name), text);
  return folder;
}

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test("settings that nobody sets are the defaults, with the cores as parallelism", () => {
  const settings = systemSettings(emptyFolder(), {}).resolve();
  assert.deepEqual(settings, {
    parallelism: availableParallelism(),
    maxParallelism: null,
    runtimeMode: "STREAMING",
    engine: "auto",
    tiering: true,
    bufferTimeoutMs: 100,
    autoWatermarkInterval: 200,
    checkpointInterval: null,
    checkpointingMode: "EXACTLY_ONCE",
    checkpointTimeout: 600_000,
    minPauseBetweenCheckpoints: 0,
    maxConcurrentCheckpoints: 1,
    tolerableFailedCheckpoints: 0,
    checkpointRetention: "NO_EXTERNALIZED_CHECKPOINTS",
    retainedCheckpoints: 1,
    checkpointsAfterTasksFinish: true,
    incrementalCheckpoints: true,
    checkpointDirectory: null,
    savepointDirectory: null,
    restore: null,
    allowNonRestoredState: false,
    restartStrategy: null,
    operatorChaining: true,
    slots: null,
    memoryPerSlot: 512 * 1024 * 1024,
    edgeMemory: 32 * 1024 * 1024,
    maxRecordBytes: 64 * 1024 * 1024,
    workerHeapMb: null,
    execution: "pool",
  });
  assert.ok(Object.isFrozen(settings));
});

test("a higher level wins over every lower one, option by option", () => {
  const folder = folderWith(
    "millrace.config.json",
    '{"parallelism": 1, "slots": 1, "engine": "js", "bufferTimeoutMs": 1}',
  );
  const system = systemSettings(folder, {
    MILLRACE_PARALLELISM: "2",
    MILLRACE_SLOTS: "2",
    MILLRACE_ENGINE: "auto",
  });
  const client = system.under(layerOf({ parallelism: 3, slots: 3 }, "the command line"));
  const environment = client.under(layerOf({ parallelism: 4 }, "getExecutionEnvironment()"));
  const { parallelism, slots, engine, bufferTimeoutMs, edgeMemory } = environment.resolve();
  assert.deepEqual(
    { parallelism, slots, engine, bufferTimeoutMs },
    { parallelism: 4, slots: 3, engine: "auto", bufferTimeoutMs: 1 },
  );
  assert.equal(edgeMemory, 32 * 1024 * 1024);
  assert.equal(environment.sourceOf("parallelism"), "getExecutionEnvironment()");
  assert.equal(environment.sourceOf("slots"), "the command line");
  assert.equal(environment.sourceOf("engine"), "the environment variable MILLRACE_ENGINE");
  assert.equal(environment.sourceOf("bufferTimeoutMs"), join(folder, "millrace.config.json"));
  assert.equal(environment.sourceOf("edgeMemory"), "the default");
});

test("auto at a higher level hides the value of a lower one", () => {
  const settings = new Settings([
    layerOf({ parallelism: "auto" }, "program"),
    layerOf({ parallelism: 7 }, "client"),
  ]);
  assert.equal(settings.resolve().parallelism, availableParallelism());
});

test("every option can be set by its environment variable", () => {
  const texts: Record<string, [string, unknown]> = {
    parallelism: ["3", 3],
    maxParallelism: ["256", 256],
    runtimeMode: ["batch", "BATCH"],
    engine: ["JS", "js"],
    tiering: ["false", false],
    bufferTimeoutMs: ["-1", -1],
    autoWatermarkInterval: ["1 s", 1000],
    checkpointInterval: ["3 s", 3000],
    checkpointingMode: ["at_least_once", "AT_LEAST_ONCE"],
    checkpointTimeout: ["1 min", 60_000],
    minPauseBetweenCheckpoints: ["500", 500],
    maxConcurrentCheckpoints: ["2", 2],
    tolerableFailedCheckpoints: ["3", 3],
    checkpointRetention: ["RETAIN_ON_CANCELLATION", "RETAIN_ON_CANCELLATION"],
    retainedCheckpoints: ["2", 2],
    checkpointsAfterTasksFinish: ["false", false],
    incrementalCheckpoints: ["false", false],
    checkpointDirectory: ["file:///checkpoints", "/checkpoints"],
    savepointDirectory: ["/savepoints", "/savepoints"],
    restore: ["latest", "latest"],
    allowNonRestoredState: ["true", true],
    restartStrategy: ["fixed-delay", { kind: "fixed-delay", attempts: 1, delayMs: 1000 }],
    operatorChaining: ["false", false],
    slots: ["auto", null],
    memoryPerSlot: ["64 MiB", 64 * 1024 * 1024],
    edgeMemory: ["1048576", 1048576],
    maxRecordBytes: ["1.5mb", 1572864],
    workerHeapMb: ["512", 512],
    execution: ["in-process", "in-process"],
  };
  for (const name of OPTION_NAMES) {
    const [text, value] = texts[name] ?? assert.fail(`no text for ${name}`);
    const settings = systemSettings(emptyFolder(), { [environmentVariableOf(name)]: text });
    assert.deepEqual(settings.resolve()[name], value, name);
  }
});

test("an empty environment variable counts as not set", () => {
  assert.equal(
    systemSettings(emptyFolder(), { MILLRACE_ENGINE: "" }).sourceOf("engine"),
    "the default",
  );
});

test("wrong values are refused with the place they were set in", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["parallelism", 0],
    ["parallelism", 1.5],
    ["parallelism", -1],
    ["parallelism", "4"],
    ["parallelism", Number.NaN],
    ["maxParallelism", 32769],
    ["runtimeMode", "batch"],
    ["engine", "wat"],
    ["bufferTimeoutMs", -2],
    ["operatorChaining", "yes"],
    ["slots", 0],
    ["memoryPerSlot", "64 MB per slot"],
    ["memoryPerSlot", 1024],
    ["maxRecordBytes", -5],
    ["workerHeapMb", 1],
    ["execution", "threads"],
  ];
  for (const [name, value] of cases) {
    const error = throwsCode("MR_CONFIG_INVALID", () =>
      layerOf({ [name]: value }, "the command line"),
    );
    assert.equal(error.details.path, name);
    assert.match(error.message, /Change it where it was set: the command line\.$/, name);
  }
  const fromVariable = throwsCode("MR_CONFIG_INVALID", () =>
    systemSettings(emptyFolder(), { MILLRACE_SLOTS: "two" }),
  );
  assert.match(
    fromVariable.message,
    /Option slots is the string "two".*the environment variable MILLRACE_SLOTS/,
  );
  throwsCode("MR_CONFIG_INVALID", () => layerOf([4], "the program"));
  throwsCode("MR_CONFIG_INVALID", () => layerOf(null, "the program"));
});

test("a misspelt option is refused with the name that was meant", () => {
  const typo = throwsCode("MR_CONFIG_UNKNOWN_OPTION", () =>
    layerOf({ paralelism: 2 }, "the program"),
  );
  assert.match(typo.message, /There is no option paralelism\. Did you mean parallelism\?/);
  const flink = throwsCode("MR_CONFIG_UNKNOWN_OPTION", () =>
    layerOf({ "parallelism.default": 2 }, "the program"),
  );
  assert.match(flink.message, /Flink's parallelism\.default is called parallelism here/);
  const odd = throwsCode("MR_CONFIG_UNKNOWN_OPTION", () =>
    layerOf({ colour: "red" }, "the program"),
  );
  assert.match(odd.message, /The options are parallelism, maxParallelism/);
  const variable = throwsCode("MR_CONFIG_UNKNOWN_OPTION", () =>
    systemSettings(emptyFolder(), { MILLRACE_PARALELISM: "2" }),
  );
  assert.match(variable.message, /Did you mean MILLRACE_PARALLELISM\?/);
  throwsCode("MR_CONFIG_UNKNOWN_OPTION", () => layerOf({ constructor: 1 }, "the program"));
});

test("an option set to undefined counts as not set", () => {
  const settings = new Settings([
    layerOf({ slots: undefined }, "program"),
    layerOf({ slots: 2 }, "client"),
  ]);
  assert.equal(settings.resolve().slots, 2);
});

test("the configuration file of the nearest folder above is read", () => {
  const root = folderWith("millrace.config.json", '{"slots": 1}');
  const inner = join(root, "a", "b");
  mkdirSync(inner, { recursive: true });
  assert.equal(systemSettings(inner, {}).resolve().slots, 1);
  writeFileSync(join(root, "a", "millrace.config.json"), '{"slots": 2}');
  assert.equal(systemSettings(inner, {}).resolve().slots, 2);
});

test("a TypeScript configuration file may import defineConfig, other files and Node's modules", () => {
  const folder = folderWith(
    "millrace.config.ts",
    `import { availableParallelism } from "node:os";
     import { basename } from "node:path";
     import { fileURLToPath } from "node:url";
     import { defineConfig } from "millrace";
     import { slots } from "./limits.ts";
     const name: string = basename(fileURLToPath(import.meta.url));
     export default defineConfig({ slots, bufferTimeoutMs: name.length, parallelism: availableParallelism() + 1 });`,
  );
  writeFileSync(join(folder, "limits.ts"), "export const slots: number = 12;");
  const settings = systemSettings(folder, {}).resolve();
  assert.equal(settings.slots, 12);
  assert.equal(settings.bufferTimeoutMs, "millrace.config.ts".length);
  assert.equal(settings.parallelism, availableParallelism() + 1);
});

test("MILLRACE_CONFIG names the configuration file, from the working directory", () => {
  const folder = folderWith("other.json", '{"slots": 5}');
  writeFileSync(join(folder, "millrace.config.json"), '{"slots": 6}');
  assert.equal(systemSettings(folder, { MILLRACE_CONFIG: "other.json" }).resolve().slots, 5);
  const missing = throwsCode("MR_CONFIG_INVALID", () =>
    systemSettings(folder, { MILLRACE_CONFIG: "gone.json" }),
  );
  assert.match(missing.message, /gone\.json is missing/);
});

test("a broken configuration file is refused with its path", () => {
  const json = folderWith("millrace.config.json", '{"slots": }');
  assert.match(
    throwsCode("MR_CONFIG_INVALID", () => systemSettings(json, {})).message,
    /valid JSON/,
  );
  const syntax = folderWith("millrace.config.ts", "export default {");
  throwsCode("MR_CONFIG_INVALID", () => systemSettings(syntax, {}));
  const throwing = folderWith(
    "millrace.config.ts",
    'throw new Error("no luck"); export default {};',
  );
  assert.match(
    throwsCode("MR_CONFIG_INVALID", () => systemSettings(throwing, {})).message,
    /no luck/,
  );
  const empty = folderWith("millrace.config.ts", "export const slots = 1;");
  throwsCode("MR_CONFIG_INVALID", () => systemSettings(empty, {}));
  const wrong = folderWith("millrace.config.ts", "export default { slots: -4 };");
  const error = throwsCode("MR_CONFIG_INVALID", () => systemSettings(wrong, {}));
  assert.ok(error.message.includes(join(wrong, "millrace.config.ts")));
});

test("two configuration files side by side are refused", () => {
  const folder = folderWith("millrace.config.json", "{}");
  writeFileSync(join(folder, "millrace.config.ts"), "export default {};");
  throwsCode("MR_CONFIG_INVALID", () => systemSettings(folder, {}));
});

test("client settings hold inside their run, after awaits and in modules it imports, and nowhere else", async () => {
  const seen = async (): Promise<unknown> => {
    await new Promise((resolve) => setImmediate(resolve));
    const source =
      "data:text/javascript,export const value = globalThis.__clientSettings(); export const later = await Promise.resolve().then(() => globalThis.__clientSettings());";
    const imported = (await import(`${source}//${nextModule++}`)) as {
      value: unknown;
      later: unknown;
    };
    assert.equal(imported.value, imported.later);
    return imported.value;
  };
  Object.assign(globalThis, {
    __clientSettings: () => clientSettings()?.values.get("parallelism"),
  });
  const [first, second] = await Promise.all([
    withClientSettings({ parallelism: 3 }, "the command line", seen),
    withClientSettings({ parallelism: 5 }, "a request", seen),
  ]);
  assert.deepEqual([first, second], [3, 5]);
  assert.equal(clientSettings(), undefined);
});

test("every default is a value its own option accepts", () => {
  for (const name of OPTION_NAMES) {
    const { kind, defaultValue } = OPTIONS[name];
    assert.deepEqual(kind.check(defaultValue), { ok: true, value: defaultValue }, name);
  }
});
