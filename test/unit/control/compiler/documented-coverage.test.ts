/** The table of docs/compiler.md: every example runs as the page says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { withProgramFile } from "../../../../control/common/program-file.ts";
import { Types } from "../../../../control/common/types.ts";
import { functionAnalyzer } from "../../../../control/compiler/function-analyzer.ts";
import type { AnalysisRequest } from "../../../../control/plan/function-analysis.ts";
import { projectRoot } from "../../../project-root.ts";

const PAGE = join(projectRoot, "docs/compiler.md");
const RECORD = Types.ROW({
  s: Types.STRING,
  n: Types.NUMBER,
  l: Types.LONG,
  b: Types.BOOLEAN,
}).descriptor;

const ROLES: Readonly<Record<string, AnalysisRequest["role"]>> = {
  keyBy: "keySelector",
  partitionCustom: "partitioner",
  withTimestampAssigner: "timestamp",
};

/** A reduce answers what it reads. */
function declaredOf(role: AnalysisRequest["role"]): AnalysisRequest["declaredOutput"] {
  return role === "reduce" ? RECORD : null;
}

interface DocumentedRow {
  readonly role: AnalysisRequest["role"];
  readonly text: string;
  readonly verdict: string;
}

function documentedRows(): readonly DocumentedRow[] {
  const page = readFileSync(PAGE, "utf8").replaceAll("\\|", "¦");
  const rows = [
    ...page.matchAll(
      /^\|[^|]+\| `+(map|filter|flatMap|keyBy|reduce|aggregate|partitionCustom|withTimestampAssigner)\((.*)\)`+ \| (compiled|JavaScript) \|$/gm,
    ),
  ];
  const verdicts = page.match(/\| (compiled|JavaScript) \|$/gm) ?? [];
  assert.ok(verdicts.length > 40);
  assert.equal(rows.length, verdicts.length, "a row of the table cannot be read");
  return rows.map(([, operator = "", text = "", verdict = ""]) => ({
    role: ROLES[operator] ?? (operator as DocumentedRow["role"]),
    text: text.replaceAll("¦", "|"),
    verdict,
  }));
}

/** All examples in one module, behind the variables that the page gives them. */
async function loadRows(rows: readonly DocumentedRow[]) {
  const page = readFileSync(PAGE, "utf8");
  const around = page.match(/^## Names from outside\n[\s\S]*?```js\n([\s\S]*?)```/m)?.[1];
  assert.ok(around !== undefined);
  const folder = await mkdtemp(join(tmpdir(), "millrace-documented-"));
  const path = join(folder, "rows.mjs");
  const texts = rows.map(({ text }) => `[${text}],\n`);
  await writeFile(path, `${around}\nexport const functions = [\n${texts.join("")}];\n`);
  const url = pathToFileURL(path).href;
  const { functions } = (await import(url)) as { functions: readonly (readonly unknown[])[] };
  const analyzer = withProgramFile({ url, argv: [] }, functionAnalyzer);
  return { functions, analyzer, dispose: () => rm(folder, { recursive: true }) };
}

test("every example of the page on compiled functions runs as it says", async () => {
  const rows = documentedRows();
  const { functions, analyzer, dispose } = await loadRows(rows);
  after(dispose);
  for (const [index, { role, text, verdict }] of rows.entries()) {
    const [fn, key] = functions[index] ?? [];
    const partition = key === undefined ? {} : { partition: { key, channels: 4 } };
    const request = { fn, role, inputType: RECORD, declaredOutput: declaredOf(role), ...partition };
    const analysis = analyzer(request);
    const reason = analysis.ok ? "" : analysis.reason;
    assert.equal(analysis.ok ? "compiled" : "JavaScript", verdict, `${text}: ${reason}`);
  }
});
