import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { kernelsModule } from "../../../oracle/kernel-memory.ts";
import { projectRoot } from "../../../project-root.ts";

const assembly = join(projectRoot, "dataplane/assembly");
const sources = readdirSync(assembly)
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(assembly, name), "utf8") }));

interface ModuleReflection {
  imports(module: WebAssembly.Module): { module: string; name: string }[];
  exports(module: WebAssembly.Module): { name: string }[];
  customSections(module: WebAssembly.Module, name: string): ArrayBuffer[];
}
const reflection = WebAssembly.Module as unknown as ModuleReflection;

test("the kernels import the memory and requestPages, nothing else", () => {
  const imports = reflection.imports(kernelsModule).map((each) => `${each.module}.${each.name}`);
  assert.deepEqual(imports.sort(), ["env.memory", "env.requestPages"]);
});

test("the debug build imports abort besides, and exports the same kernels", () => {
  const path = new URL("../../../../dataplane/assembly/kernels.debug.wasm", import.meta.url);
  const debug = new WebAssembly.Module(readFileSync(path));
  const imports = reflection.imports(debug).map((each) => `${each.module}.${each.name}`);
  const allowed = new Set(["env.abort", "env.memory", "env.requestPages"]);
  assert.deepEqual(
    imports.filter((name) => !allowed.has(name)),
    [],
  );
  const names = (module: WebAssembly.Module) => reflection.exports(module).map((each) => each.name);
  assert.deepEqual(names(debug), names(kernelsModule));
});

test("every export is typed for JavaScript, every typed kernel is exported", () => {
  const typed = readFileSync(join(projectRoot, "dataplane/memory/kernels.ts"), "utf8");
  const names = [...typed.matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1]);
  const exported = reflection.exports(kernelsModule).map((each) => each.name);
  const untyped = new Set(["checkLayouts"]);
  assert.deepEqual(exported.filter((name) => !untyped.has(name)).sort(), names.sort());
});

test("no function or constant of the kernels has a decorator", () => {
  assert.ok(sources.length > 10);
  for (const { name, text } of sources) {
    const decorators = [...text.matchAll(/^\s*(@\w+)/gm)].map((match) => match[1]);
    const allowed = new Set(["@unmanaged", "@final"]);
    assert.deepEqual(
      decorators.filter((decorator) => !allowed.has(decorator as string)),
      [],
      name,
    );
  }
});

test("no kernel keeps state in a global", () => {
  for (const { name, text } of sources) assert.doesNotMatch(text, /^(export )?(let|var) /m, name);
});
