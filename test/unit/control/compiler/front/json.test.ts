/** What functions make of JSON.parse(): compared with the functions themselves, and what is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Types } from "../../../../../control/common/types.ts";
import { analyze } from "../../../../../control/compiler/front/analyze.ts";
import { assertAllSame, type Lambda, type Subject } from "./differential.ts";

const STRING = Types.STRING.descriptor;
const BID = Types.ROW({ price: Types.NUMBER, url: Types.STRING }).descriptor;

/** Mostly bids; some lack a field, or have another type there. */
function documents(): fc.Arbitrary<string> {
  const field = <T>(usual: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 6, arbitrary: usual }, fc.constantFrom(null, "7", 7, true, [1], { a: 1 }));
  const bid = fc.record(
    {
      price: field(fc.integer()),
      url: field(fc.constantFrom("a/b/c", "", "x")),
      isOpen: field(fc.boolean()),
      at: field(fc.record({ x: fc.integer() })),
    },
    { requiredKeys: ["price", "url"] },
  );
  const odd = fc.constantFrom("{", "", "null", "[]", '{"price":{"valueOf":1,"toString":1}}');
  return fc.oneof({ weight: 9, arbitrary: bid.map((value) => JSON.stringify(value)) }, odd);
}

const SUBJECT: Subject = { role: "map", inputType: STRING, records: documents() };

test("operations tell the types of the fields they use", () => {
  const functions: Lambda[] = [
    (s) => JSON.parse(s).price * 2,
    (s) => -JSON.parse(s).price,
    (s) => JSON.parse(s).url.split("/").length,
    (s) => JSON.parse(s).url.length,
    (s) => Math.abs(JSON.parse(s).price),
    (s) => JSON.parse(s).price + 1,
    (s) => JSON.parse(s).url === "x",
    (s) => (JSON.parse(s).isOpen ? 1 : 2),
    (s) => ({ x: "found", "a/b/c": "long" })[JSON.parse(s).url as string] ?? "none",
    (s) => s.split(",")[JSON.parse(s).price] ?? "none",
    (s) => {
      const { price, at } = JSON.parse(s);
      return [price % 7, at.x > 3];
    },
  ];
  assertAllSame(functions, SUBJECT);
});

test("declared records take all fields of a document", () => {
  const isBid = (s: string): boolean => {
    const bid = JSON.parse(s);
    return Object.keys(bid).length === 2 && typeof bid.price === "number";
  };
  const records = documents().filter((s) => s.startsWith('{"') && isBid(s));
  assertAllSame([(s) => JSON.parse(s)], { ...SUBJECT, records, declaredOutput: BID });
});

test("an operation whose value nobody uses keeps what it may throw at", () => {
  // As text: linters of this file mind what it is about.
  const unused = new Function(
    "s",
    "const b = JSON.parse(s); const n = b.price * 2; return s.length;",
  );
  const analysis = analyze({ fn: unused, role: "map", inputType: STRING, declaredOutput: null });
  assert.ok(analysis.ok && JSON.stringify(analysis.program).includes('"name":"price"'));
  assert.ok(analysis.ok && JSON.stringify(analysis.program).includes('"kind":"scalar","id"'));
});

test("what no type is known of is refused", () => {
  const refused: readonly (readonly [Lambda, RegExp])[] = [
    [(s) => JSON.parse(s), /emits a value of JSON\.parse\(\), whose type \.returns\(\)/],
    [(s) => `${JSON.parse(s).url}`, /uses a value of JSON\.parse\(\), whose type/],
    [(s) => s + JSON.parse(s).url, /uses a value of JSON\.parse\(\), whose type/],
    [(s) => JSON.parse(s, (_, value) => value), /JSON\.parse\(\)|a function/],
    [(s) => JSON.parse(s).price.x + JSON.parse(s).url, /whose type/],
    [(s) => JSON.stringify(s), /JSON\.stringify/],
  ];
  for (const [fn, reason] of refused) {
    const analysis = analyze({ fn, role: "map", inputType: STRING, declaredOutput: null });
    assert.ok(!analysis.ok, String(fn));
    assert.match(analysis.reason, reason);
  }
});
