/** The function that reads documents written in the order of their shape. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type JsonTarget,
  jsonReaderLines,
} from "../../../../../control/compiler/emit/json-reader.ts";
import { ModuleSource } from "../../../../../control/compiler/emit/module-source.ts";
import { type JsonShape, NUMBER, STRING } from "../../../../../control/compiler/ir.ts";

const TARGET: JsonTarget = {
  state: "block1",
  slots: [
    { id: 0, type: NUMBER, offset: 0 },
    { id: 1, type: STRING, offset: 8 },
  ],
  shape: objectOf({
    id: { kind: "scalar", id: 0, type: NUMBER },
    name: { kind: "scalar", id: 1, type: STRING },
  }),
};

function objectOf(fields: Readonly<Record<string, JsonShape>>): JsonShape {
  const named = Object.entries(fields).map(([name, shape]) => ({ name, shape }));
  return { kind: "object", fields: named, isClosed: true };
}

function linesOf(shape: JsonShape): readonly string[] {
  const lines = jsonReaderLines("read", { ...TARGET, shape }, new ModuleSource());
  return lines.map((line) => line.trim());
}

/** Words of a comparison as the bytes they stand for. */
function comparedText(line: string): string {
  const words = [...line.matchAll(/load<u\d+>\(at, (\d+)\) \^ 0x([0-9a-f]+)/g)];
  return words.reduce((text, [, offset, hex = ""]) => {
    const word = Buffer.from(Buffer.from(hex, "hex").reverse()).toString("latin1");
    return text.slice(0, Number(offset)) + word;
  }, "");
}

test("what stands between two values is compared as words, and values go into their slots", () => {
  const lines = linesOf(TARGET.shape);
  const compared = lines.filter((line) => line.includes("load<")).map(comparedText);
  assert.deepEqual(compared, ['{"id":', ',"name":"', "}"]);
  const parsed = lines.filter((line) => line.startsWith("at ="));
  assert.deepEqual(parsed, [
    "at = parseF64(at + 6, end, block1 + 0);",
    "at = parseText(at + 9, end, block1 + 8);",
  ]);
});

test("objects within objects are read in one go, and what nobody wants is skipped", () => {
  const lines = linesOf(objectOf({ at: objectOf({ x: { kind: "any" } }), 'é"': { kind: "any" } }));
  const compared = lines.filter((line) => line.includes("load<")).map(comparedText);
  const expected = ['{"at":{"x":', '},"é\\"":', "}"];
  assert.deepEqual(
    compared,
    expected.map((text) => Buffer.from(text).toString("latin1")),
  );
  assert.equal(lines.filter((line) => line.startsWith("at = skipValue(")).length, 2);
});

test("what would be read far behind the end of a document is left to the general parser", () => {
  const lines = linesOf(objectOf({ ["k".repeat(100)]: { kind: "any" } }));
  assert.deepEqual(lines.slice(-2), ["return false;", "}"]);
  assert.ok(!lines.some((line) => line.startsWith("at =")));
});
