/** The table of docs/compiler.md: every example runs as the page says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import { analyzeFunction } from "../../../../control/compiler/function-analyzer.ts";
import type { AnalysisRequest } from "../../../../control/plan/function-analysis.ts";
import { projectRoot } from "../../../project-root.ts";

const RECORD = Types.ROW({
  s: Types.STRING,
  n: Types.NUMBER,
  l: Types.LONG,
  b: Types.BOOLEAN,
}).descriptor;

interface DocumentedRow {
  readonly role: AnalysisRequest["role"];
  readonly text: string;
  readonly verdict: string;
}

function documentedRows(): readonly DocumentedRow[] {
  const page = readFileSync(join(projectRoot, "docs/compiler.md"), "utf8").replaceAll("\\|", "¦");
  const rows = [
    ...page.matchAll(
      /^\|[^|]+\| `+(map|filter|flatMap|keyBy)\((.*)\)`+ \| (compiled|JavaScript) \|$/gm,
    ),
  ];
  const verdicts = page.match(/\| (compiled|JavaScript) \|$/gm) ?? [];
  assert.ok(verdicts.length > 40);
  assert.equal(rows.length, verdicts.length, "a row of the table cannot be read");
  return rows.map(([, operator, text = "", verdict = ""]) => ({
    role: operator === "keyBy" ? "keySelector" : (operator as DocumentedRow["role"]),
    text: text.replaceAll("¦", "|"),
    verdict,
  }));
}

test("every example of the page on compiled functions runs as it says", () => {
  for (const { role, text, verdict } of documentedRows()) {
    const fn = new Function(`return (${text});`)() as unknown;
    const analysis = analyzeFunction({ fn, role, inputType: RECORD, declaredOutput: null });
    const reason = analysis.ok ? "" : analysis.reason;
    assert.equal(analysis.ok ? "compiled" : "JavaScript", verdict, `${text}: ${reason}`);
  }
});
