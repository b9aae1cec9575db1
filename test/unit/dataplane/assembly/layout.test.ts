import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import asc from "assemblyscript/asc";
import { projectRoot } from "../../../project-root.ts";

const PROTOCOL = "dataplane/protocol/";

/** Compiles the layout checks with one constant of one protocol file changed; answers what asc says. */
async function compileWith(file: string, from: string, to: string): Promise<string> {
  const stderr = asc.createMemoryStream();
  const args = ["dataplane/assembly/layouts.ts", "--runtime", "stub", "--noEmit", "--lib", ""];
  const readFile = (name: string, baseDir: string): string | null => {
    try {
      const text = readFileSync(join(baseDir, name), "utf8");
      if (name !== PROTOCOL + file) return text;
      assert.ok(text.includes(from), `${file} has ${from}`);
      return text.replace(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  };
  const config = { readFile, listFiles: () => [], stderr, writeFile: () => {} };
  const baseDir = ["--baseDir", projectRoot];
  const { error } = await asc.main([...args.slice(0, -2), ...baseDir], config);
  return error === null ? "" : stderr.toString();
}

test("the compiler places the fields where the protocol's constants say", async () => {
  assert.equal(await compileWith("view-layout.ts", "", ""), "");
});

for (const [file, name, offset] of [
  ["batch-layout.ts", "BATCH_ROW_INDEXES_OFFSET", 44],
  ["view-layout.ts", "BUILDER_COLUMN_NULL_COUNT", 16],
  ["memory-layout.ts", "MEMORY_ROOT_LIVE_BYTES", 16],
  ["kernel-layout.ts", "LINES_REPLACED", 4],
] as const) {
  test(`${name} cannot drift from the field it names`, async () => {
    const said = await compileWith(file, `${name} = ${offset};`, `${name} = ${offset + 4};`);
    assert.match(said, new RegExp(`User-defined: "${name}"`));
  });
}
