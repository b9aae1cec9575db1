import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ERRORS_PAGE, renderErrorsPage } from "../../scripts/errors-page.ts";
import { projectRoot } from "../project-root.ts";

function readMarkdown(): { path: string; text: string }[] {
  const docs = readdirSync(join(projectRoot, "docs"), { recursive: true, encoding: "utf8" });
  return [...readdirSync(projectRoot), ...docs.map((path) => join("docs", path))]
    .filter((path) => path.endsWith(".md"))
    .map((path) => ({ path, text: readFileSync(join(projectRoot, path), "utf8") }));
}

/** Targets of links to files of the project; code holds none. */
function localLinks(text: string): string[] {
  return [...text.replace(/^```.*?^```$|`[^`\n]*`/gms, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^([a-z]+:|#)/.test(target))
    .map((target) => target.replace(/#.*$/, ""));
}

test("the page of error codes is what the error table makes of it (npm run docs)", () => {
  assert.equal(readFileSync(join(projectRoot, ERRORS_PAGE), "utf8"), renderErrorsPage());
});

test("a code keeps its text when the text holds characters of Markdown tables", () => {
  const page = renderErrorsPage({
    MR_A: { domain: "user", retry: "never", scope: "job", text: "a | b <c>" },
  });
  assert.match(page, /^\| `MR_A` \| job \| never \| a \\\| b &lt;c> \|$/m);
});

test("links between documents lead to files", () => {
  const broken = readMarkdown().flatMap(({ path, text }) =>
    localLinks(text)
      .filter((target) => !existsSync(join(projectRoot, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("every npm script a document names exists", () => {
  const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    scripts: Readonly<Record<string, string>>;
  };
  const unknown = readMarkdown().flatMap(({ path, text }) =>
    [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)]
      .map((match) => match[1] ?? "")
      .filter((script) => !(script in manifest.scripts))
      .map((script) => `${path}: npm run ${script}`),
  );
  assert.deepEqual(unknown, []);
});
