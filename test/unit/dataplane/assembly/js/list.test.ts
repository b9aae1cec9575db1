import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isWellFormed } from "../../../../../dataplane/formats/wtf8.ts";
import { seeded } from "../../../../oracle/seeded.ts";
import { anyText, asciiText, textAndPart, wellFormedText } from "./arbitraries.ts";
import { GIVEN_UP, JsLibrary, PLACES } from "./js-library.ts";
import { assertSame } from "./oracle.ts";

const library = await JsLibrary.create();
const place = fc.nat(PLACES);

test("split() of any texts", () => {
  fc.assert(
    fc.property(textAndPart(anyText), place, (texts, place) => {
      assertSame(library, "string.split", texts, { place });
    }),
    seeded(800),
  );
});

test("split() of well-formed texts is never given up", () => {
  const texts = textAndPart(wellFormedText).filter(([, separator]) => isWellFormed(separator));
  fc.assert(
    fc.property(texts, place, (texts, place) => {
      assertSame(library, "string.split", texts, { place, mayGiveUp: false });
    }),
    seeded(600),
  );
});

test("split() of long texts, more pieces than fit into the first chunk of the arena", () => {
  for (const [text, separator] of [
    ["a,b,,".repeat(20_000), ","],
    ["a, b".repeat(20_000), ", "],
    ["é😀".repeat(10_000), ""],
    ["x".repeat(600), ","],
  ] as const) {
    assertSame(library, "string.split", [text, separator], { mayGiveUp: false });
  }
});

test("split() gives up where halves of pairs could be separators", () => {
  assert.equal(library.call("string.split", ["a😀b", "\ud83d"]), GIVEN_UP);
  assertSame(library, "string.split", ["a\ud83db", "\ud83d"], { mayGiveUp: false });
});

test("join() of any texts pairs halves that meet", () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), anyText, place, (list, separator, place) => {
      assertSame(library, "list.join", [list, separator], { place, mayGiveUp: false });
      assertSame(library, "list.length", [list], { place, mayGiveUp: false });
    }),
    seeded(400),
  );
  assertSame(library, "list.join", [["a\ud83d", "\ude00"], ""], { mayGiveUp: false });
  assertSame(library, "list.join", [["a", "\ude00"], "\ud83d"], { mayGiveUp: false });
});

test("join() gives up beyond 8 MiB", () => {
  const list = Array.from({ length: 9000 }, () => "a");
  assert.equal(library.call("list.join", [list, "b".repeat(1000)]), GIVEN_UP);
  assertSame(library, "list.join", [list, ", "], { mayGiveUp: false });
});

test("findByte() finds the first byte of a kind, inside its bounds", () => {
  fc.assert(
    fc.property(
      asciiText,
      fc.constantFrom(",", "a", "é"),
      place,
      fc.nat(40),
      (text, char, place, from) => {
        const [whole] = library.writeTexts([text], place) as [bigint];
        const ptr = Number(whole & 0xffffffffn);
        const start = Math.min(from, text.length);
        const byte = char.charCodeAt(0);
        const found = library.run("findByte", ptr + start, ptr + text.length, byte);
        const index = text.indexOf(char, start);
        assert.equal(found, ptr + (index < 0 ? text.length : index));
      },
    ),
    seeded(600),
  );
});

test("the arena serves a row up to its limit, then gives up with a block that may be written", () => {
  library.run("arenaReset");
  library.run("clearStops");
  const blocks: [number, number][] = [];
  for (let bytes = 1; library.run("hasGivenUp") === 0; bytes = (bytes * 7) % 500_009) {
    blocks.push([library.run("arenaAlloc", bytes) as number, bytes]);
  }
  const [refused] = blocks.pop() as [number, number];
  assert.ok(refused > 0 && refused < 65_536, "the refused block lies in static data");
  assert.equal(
    blocks.every(([ptr]) => ptr % 8 === 0),
    true,
  );
  const sorted = blocks.toSorted(([left], [right]) => left - right);
  for (const [index, [ptr, bytes]] of sorted.entries()) {
    assert.ok(ptr + bytes <= (sorted[index + 1]?.[0] ?? Number.POSITIVE_INFINITY));
  }
  const total = blocks.reduce((sum, [, bytes]) => sum + bytes, 0);
  assert.ok(total > 12 << 20 && total <= 16 << 20, `${total} bytes`);
});

test("rows that build much do not pile up memory", () => {
  library.run("arenaRelease");
  const atStart = library.liveBytes();
  for (const megabytes of [1, 7, 2, 5, 0, 3]) {
    library.run("clearStops");
    library.run("arenaReset");
    const [text] = library.writeTexts(["ab"]) as [bigint];
    for (let mib = 0; mib < megabytes; ++mib) library.run("textRepeat", text, 1 << 19);
    assert.equal(library.run("hasGivenUp"), 0);
    library.run("arenaReset");
    assert.ok(library.liveBytes() - atStart <= 2 << 20, `after ${megabytes} MiB`);
  }
  library.run("arenaRelease");
  assert.equal(library.liveBytes(), atStart);
  assertSame(library, "string.concat", ["a", "b"], { mayGiveUp: false });
});
