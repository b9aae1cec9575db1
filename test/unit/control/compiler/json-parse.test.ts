/** Compiled JSON.parse() against V8's: documents as they come, changed, and cut off anywhere. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Types } from "../../../../control/common/types.ts";
import type { FunctionCase } from "../../../compiler-fuzz/cases.ts";
import { CaseCompiler } from "../../../compiler-fuzz/compile-cases.ts";
import { randomDocuments, randomJsonType } from "../../../compiler-fuzz/json-documents.ts";
import { Random } from "../../../compiler-fuzz/random.ts";
import { type CaseReport, runCase } from "../../../compiler-fuzz/run-case.ts";

const OPTIONS = { outputRows: 50, batchRows: 64 };
const TYPES = 12;
const DOCUMENTS = 500;
const STRING = Types.STRING.descriptor;
const BID = Types.ROW({
  auction: Types.LONG,
  price: Types.NUMBER,
  channel: Types.STRING,
  isOpen: Types.BOOLEAN,
  at: Types.ROW({ x: Types.INT, y: Types.TUPLE(Types.NUMBER, Types.STRING) }),
}).descriptor;
const DOCUMENT =
  '{"auction":1000,"price":-2.50e1,"channel":"a\\u00e9\\n\\ud83d\\ude00 of it","isOpen":true,"at":{"x":7,"y":[0.5,"z"]}}';

const random = new Random(20260201);
const compiler = new CaseCompiler();
const declared = Array.from({ length: TYPES }, () => parseCase(randomJsonType(random)));
const SOURCES = [
  "(s) => { const b = JSON.parse(s); return b.price * 2; }",
  "(s) => { const { channel, at } = JSON.parse(s); return [channel.slice(1), at.x + 1]; }",
  '(s) => { const b = JSON.parse(s); return b.channel === "a" ? b.price % 3 : b.channel.length; }',
  "(s) => { const b = JSON.parse(s); if (b.isOpen) { return 1; } return Math.round(b.price); }",
  '(s) => JSON.parse(s)["at"].x > 3',
  "(s) => { JSON.parse(s); return s.length; }",
];
const fields = SOURCES.map((source): FunctionCase => ({ role: "map", inputType: STRING, source }));
const everything = compiler.compile([parseCase(BID), ...declared, ...fields]);

after(() => compiler.close());

test("documents of declared types are what V8 parses", async () => {
  const { compiled, refused } = await everything;
  assert.deepEqual(refused, []);
  let done = 0;
  for (const each of compiled.filter((one) => declared.includes(one.function))) {
    const type = each.function.declaredOutput ?? STRING;
    const documents = randomDocuments(type, DOCUMENTS, random);
    const report = await runCase(each, documents, OPTIONS);
    assert.deepEqual(report.mismatches, []);
    done += DOCUMENTS - report.left - report.givenUp.length;
  }
  assert.ok(done > (TYPES * DOCUMENTS) / 2, `only ${done} documents were parsed`);
});

test("a document cut off anywhere is left to JavaScript", async () => {
  const documents = Array.from(DOCUMENT, (_, index) => DOCUMENT.slice(0, index));
  const report = await runBid([...documents, DOCUMENT]);
  assert.deepEqual(report.mismatches, []);
  assert.equal(report.left, documents.length);
  assert.deepEqual(report.givenUp, []);
});

test("a document with any byte changed is what V8 says", async () => {
  const documents = Array.from(DOCUMENT, (_, index) =>
    [...'"\\{}[],:0-e \u0001é'].map(
      (unit) => DOCUMENT.slice(0, index) + unit + DOCUMENT.slice(index + 1),
    ),
  ).flat();
  const report = await runBid(documents);
  assert.deepEqual(report.mismatches, []);
  assert.ok(report.left < documents.length);
});

test("strings and numbers of any length, with escapes anywhere, are what V8 says", async () => {
  const escapes = ['\\"', "\\\\", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\q", "\n", "\u0001"];
  const documents = Array.from({ length: 180 }, (_, length) => {
    const text = "abcdefghijklmnop".repeat(12).slice(0, length);
    const at = random.below(length + 1);
    const escaped = text.slice(0, at) + random.pick(escapes) + text.slice(at);
    const number = "-12345678901234567890".slice(random.below(2), 1 + (length % 21));
    return [text, `${escaped}\\\\`, `${random.pick(escapes)}${escaped}`].map((channel) =>
      DOCUMENT.replace(/"channel":"[^,]*"/, `"channel":"${channel}"`)
        .replace("1000", number)
        .replace(/"z"/, `"${channel}"`),
    );
  }).flat();
  const report = await runBid(documents);
  assert.deepEqual(report.mismatches, []);
  assert.deepEqual(report.givenUp, []);
  assert.ok(report.left < documents.length / 2, `${report.left} documents are no bids`);
});

test("documents with any white space are what V8 says", async () => {
  const parsed: unknown = JSON.parse(DOCUMENT);
  const documents = Array.from({ length: 100 }, () => {
    const indented = JSON.stringify(parsed, null, random.pick([1, 4, "\t", "\r "]));
    return random.chance(0.8) ? indented : ` ${indented.replaceAll(":", " :\n")}\n`;
  });
  const report = await runBid([...documents, DOCUMENT, ...documents]);
  assert.deepEqual(report.mismatches, []);
  assert.deepEqual([report.givenUp, report.left], [[], 0]);
});

test("keys in another order, twice, and with other fields are what V8 says", async () => {
  const parsed = JSON.parse(DOCUMENT) as Record<string, unknown>;
  const names = Object.keys(parsed);
  const shuffled = Array.from({ length: 200 }, () => {
    const order = [...names].sort(() => random.below(3) - 1);
    const entries = order.map((name) => `"${name}":${JSON.stringify(parsed[name])}`);
    if (random.chance(0.3)) entries.push('"price":7');
    if (random.chance(0.1)) entries.splice(random.below(5), 0, '"extra":[{"a":null}]');
    return `{${entries.join(",")}}`;
  });
  const report = await runBid(shuffled);
  assert.deepEqual(report.mismatches, []);
  assert.deepEqual(report.givenUp, []);
});

test("functions that take fields of a document are what V8 says", async () => {
  const documents = [
    ...randomDocuments(BID, 300, random),
    ...Array.from(DOCUMENT, (_, index) => DOCUMENT.slice(0, index + 1)),
    ...['{"price":{"valueOf":1,"toString":1}}', "null", "[]", '""', "{}", "7"],
    ...['{"at":null}', '{"price":null,"channel":"a"}', '{"at":{"x":7},"price":1,"channel":"abc"}'],
    `${"[".repeat(500)}${"]".repeat(500)}`,
  ];
  const { compiled } = await everything;
  for (const each of compiled.filter((one) => fields.includes(one.function))) {
    const report = await runCase(each, documents, OPTIONS);
    assert.deepEqual(report.mismatches, [], each.function.source);
    assert.ok(report.givenUp.length + report.left < documents.length, each.function.source);
  }
});

function parseCase(declaredOutput: FunctionCase["declaredOutput"] & object): FunctionCase {
  return { role: "map", inputType: STRING, source: "(s) => JSON.parse(s)", declaredOutput };
}

async function runBid(documents: readonly string[]): Promise<CaseReport> {
  const [bid] = (await everything).compiled;
  assert.ok(bid !== undefined);
  return runCase(bid, documents, OPTIONS);
}
