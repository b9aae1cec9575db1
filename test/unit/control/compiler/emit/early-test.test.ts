/** Filters that are asked before anything is prepared for a row, and comparisons of integers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Types } from "../../../../../control/common/types.ts";
import { fusedModule } from "../../../../../control/compiler/emit/fused-module.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import type { Role } from "../../../../../control/compiler/front/roles.ts";
import type { Lambda } from "../front/differential.ts";

const BID = Types.ROW({
  auction: Types.LONG,
  price: Types.LONG,
  url: Types.STRING,
  isSold: Types.BOOLEAN,
}).descriptor;

function moduleOf(role: Role, fn: Lambda): string {
  const analysis = analyze({ fn, role, inputType: BID, declaredOutput: null });
  assert.ok(analysis.ok, analysis.ok ? "" : analysis.reason);
  const module = fusedModule([{ about: role, program: analysis.program }]);
  assert.ok(module.ok);
  return module.text;
}

test("a filter is asked before the row is begun, with the columns it reads", () => {
  const text = moduleOf("filter", (b) => b.auction % 123 === 0);
  assert.match(text, /function rejects\(field0: i64\): bool \{/);
  assert.match(text, /if \(rejects\(readI64\(data0, row\)\)\) continue;\n {6}startRow\(row/);
  assert.match(text, /if \(row === rows\) passRows\(rows\);/);
});

test("where there are no nulls, a filter is asked first without what it says of nulls", () => {
  const text = moduleOf(
    "filter",
    (b) =>
      b.url !== null && (b.price === null ? b.auction > 5 : b.price < 10) && (b.auction ?? 7) > 0,
  );
  const [, asked = ""] =
    /function rejects\(field0: i64, field1: i64\): bool \{([^}]*)/.exec(text) ?? [];
  assert.match(asked, /field1\) < <i64>10/);
  assert.doesNotMatch(asked, /5|7|null|false/);
  const [, plain = "", withNulls = ""] =
    /if \(!hasNulls\) \{(.*)\} else \{(.*)\}/s.exec(text) ?? [];
  assert.match(plain, /if \(rejects\(.*, readI64\(data1, row\)\)\) continue;/);
  assert.match(withNulls, /operator0\(/);
  assert.doesNotMatch(withNulls, /rejects/);
});

test("a test that may give the row up without a null in it is asked within the row", () => {
  const text = moduleOf("filter", (b) => (b.isSold ? b.url : null) > "-1");
  assert.doesNotMatch(text, /rejects/);
});

test("a filter that asks of nulls alone has nothing to ask where there are none", () => {
  const text = moduleOf("filter", (b) => b.url === null);
  assert.doesNotMatch(text, /rejects/);
});

test("LONGs, literals and remainders by them are compared as integers", () => {
  const text = moduleOf("filter", (b) => b.auction % 123 === 0 && b.price > 10);
  assert.match(text, /\(\(safeLong\(field0\) % <i64>123\) == <i64>0\)/);
  assert.match(text, /\(safeLong\(field1\) > <i64>10\)/);
});

test("what may be a fraction or NaN is compared as a number", () => {
  for (const fn of [
    (b: { auction: number }) => b.auction % 1.5 === 0,
    (b: { auction: number }) => b.auction % 0 === 0,
    (b: { auction: number }) => b.auction / 2 === 1,
    (b: { auction: number }) => b.auction > 0.5,
  ]) {
    assert.doesNotMatch(moduleOf("filter", fn as Lambda), /safeLong/);
  }
});

test("a test that needs memory, and one that not all hangs on, is asked within the row", () => {
  assert.doesNotMatch(
    moduleOf("filter", (b) => b.url.slice(1) === "a"),
    /rejects/,
  );
  assert.doesNotMatch(
    moduleOf("map", (b) => (b.auction > 1 ? 1 : 2)),
    /rejects/,
  );
});
