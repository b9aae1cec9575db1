import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { test } from "node:test";
import {
  type CacheHost,
  moduleCacheDirectory,
} from "../../../../../control/compiler/asc/cache-directory.ts";
import { readVariables } from "../../../../../control/config/environment-variables.ts";
import { throwsCode } from "../../throws-code.ts";

const home = resolve("/home/ada");
const host = (platform: NodeJS.Platform): CacheHost => ({ platform, home });

test("the folder of modules is where the platform keeps what can be made again", () => {
  const tail = ["millrace", "modules"];
  const of = (platform: NodeJS.Platform, variables = {}) =>
    moduleCacheDirectory(variables, host(platform));
  assert.equal(of("linux"), join(home, ".cache", ...tail));
  assert.equal(of("darwin"), join(home, "Library", "Caches", ...tail));
  assert.equal(of("win32"), join(home, "AppData", "Local", ...tail));
  const elsewhere = resolve("/elsewhere");
  assert.equal(of("linux", { XDG_CACHE_HOME: elsewhere }), join(elsewhere, ...tail));
  assert.equal(of("win32", { LOCALAPPDATA: elsewhere }), join(elsewhere, ...tail));
  assert.equal(of("darwin", { XDG_CACHE_HOME: elsewhere }), of("darwin"));
});

test("a relative XDG_CACHE_HOME and empty variables count as not set", () => {
  const expected = join(home, ".cache", "millrace", "modules");
  for (const variables of [
    { XDG_CACHE_HOME: "cache" },
    { XDG_CACHE_HOME: "" },
    { MILLRACE_CACHE_DIR: "" },
  ]) {
    assert.equal(moduleCacheDirectory(variables, host("linux")), expected);
  }
});

test("MILLRACE_CACHE_DIR is the folder itself, from the working directory where it is relative", () => {
  const directory = moduleCacheDirectory({ MILLRACE_CACHE_DIR: "modules" }, host("linux"));
  assert.equal(directory, resolve("modules"));
});

test("a user without a home has no folder unless a variable names one", () => {
  const homeless: CacheHost = { platform: "linux", home: "" };
  assert.equal(moduleCacheDirectory({}, homeless), null);
  assert.equal(moduleCacheDirectory({ MILLRACE_CACHE_DIR: home }, homeless), home);
});

test("MILLRACE_CACHE_DIR sets no option and is no unknown variable; a misspelling of it is", () => {
  assert.equal(readVariables({ MILLRACE_CACHE_DIR: "/tmp/modules" }).values.size, 0);
  const error = throwsCode("MR_CONFIG_UNKNOWN_OPTION", () =>
    readVariables({ MILLRACE_CACHEDIR: "/tmp/modules" }),
  );
  assert.equal(error.details.hint, "Did you mean MILLRACE_CACHE_DIR?");
});
