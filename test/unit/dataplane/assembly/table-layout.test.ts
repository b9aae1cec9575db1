import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import asc from "assemblyscript/asc";
import { projectRoot } from "../../../project-root.ts";

const PROTOCOL = "dataplane/protocol/";

/** Compiles the checks with one constant of one protocol file changed; answers what asc says. */
async function compileWith(file: string, from: string, to: string): Promise<string> {
  const stderr = asc.createMemoryStream();
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
  const options = ["--runtime", "stub", "--noEmit", "--baseDir", projectRoot];
  const host = { readFile, listFiles: () => [], stderr, writeFile: () => {} };
  const checks = ["table-layouts.ts", "session-layouts.ts"].map((name) => {
    return `dataplane/assembly/${name}`;
  });
  const { error } = await asc.main([...checks, ...options], host);
  return error === null ? "" : stderr.toString();
}

test("the compiler places the fields of tables where the protocol's constants say", async () => {
  assert.equal(await compileWith("table-layout.ts", "", ""), "");
});

for (const [file, name, offset] of [
  ["table-layout.ts", "TABLE_SCANNED_GROUP", 140],
  ["table-layout.ts", "GROUP_IMAGE_CAPACITY", 40],
  ["table-layout.ts", "SLOT_META", 8],
  ["table-layout.ts", "TABLE_FIELD_SIZE", 24],
  ["rolling-layout.ts", "ROLLING_IS_BY_ROW", 28],
  ["fold-layout.ts", "FOLD_SOURCES_PTR", 16],
  ["session-layout.ts", "SESSION_NEXT", 20],
  ["session-layout.ts", "SESSIONS_CURSOR", 88],
  ["session-layout.ts", "SESSIONS_ROW_LAYOUT_PTR", 92],
] as const) {
  test(`${name} cannot drift from what it names`, async () => {
    const said = await compileWith(file, `${name} = ${offset};`, `${name} = ${offset + 4};`);
    assert.match(said, new RegExp(`User-defined: "${name}"`));
  });
}
