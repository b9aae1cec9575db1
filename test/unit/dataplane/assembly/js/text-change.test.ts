import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isWellFormed } from "../../../../../dataplane/formats/wtf8.ts";
import { seeded } from "../../../../oracle/seeded.ts";
import { anyIndex, anyText, asciiText, textAndPart, wellFormedText } from "./arbitraries.ts";
import { GIVEN_UP, JsLibrary, PLACES } from "./js-library.ts";
import { assertSame } from "./oracle.ts";

const library = await JsLibrary.create();
const place = fc.nat(PLACES);

const SPACES = [..."\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"];
/** Like white space, by their bytes or by name. */
const NO_SPACES = [..."\u0085\u180e\u200b\u2060\u00e0\u20a0\u2027\u202a\u1681\u3001\ufefe\u001c"];
const RANGE = Array.from({ length: 11 }, (_, index) => String.fromCharCode(0x2000 + index));

for (const name of ["trim", "trimStart", "trimEnd"]) {
  test(`${name}() takes all white space of JavaScript, and nothing else`, () => {
    const edge = fc
      .array(fc.constantFrom(...SPACES, ...RANGE, ...NO_SPACES), { maxLength: 5 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(edge, anyText, edge, place, (before, text, behind, place) => {
        const args = [before + text + behind];
        assertSame(library, `string.${name}`, args, { place, mayGiveUp: false });
      }),
      seeded(600),
    );
    for (let unit = 0; unit <= 0xffff; ++unit) {
      const char = String.fromCharCode(unit);
      if (char.trim() === "" || unit % 64 === 0 || NO_SPACES.includes(char)) {
        assertSame(library, `string.${name}`, [`${char}a${char}`], { mayGiveUp: false });
      }
    }
  });
}

for (const name of ["toLowerCase", "toUpperCase"]) {
  test(`${name}() of ASCII; beyond, it gives up`, () => {
    const ascii = fc.oneof(asciiText, fc.string({ unit: "binary-ascii", maxLength: 40 }));
    fc.assert(
      fc.property(ascii, place, (text, place) => {
        assertSame(library, `string.${name}`, [text], { place, mayGiveUp: false });
      }),
      seeded(600),
    );
    fc.assert(
      fc.property(anyText, place, (text, place) => {
        assertSame(library, `string.${name}`, [text], { place });
      }),
      seeded(200),
    );
    assert.equal(library.call(`string.${name}`, ["straße"]), GIVEN_UP);
  });
}

for (const name of ["replace", "replaceAll"]) {
  test(`${name}() of any texts`, () => {
    fc.assert(
      fc.property(textAndPart(anyText), anyText, place, ([text, search], replacement, place) => {
        assertSame(library, `string.${name}`, [text, search, replacement], { place });
      }),
      seeded(600),
    );
  });

  test(`${name}() of well-formed texts without a dollar is never given up`, () => {
    const texts = textAndPart(wellFormedText).filter(([, search]) => isWellFormed(search));
    const replacement = anyText.map((text) => text.replaceAll("$", "S"));
    fc.assert(
      fc.property(texts, replacement, place, ([text, search], replacement, place) => {
        const options = { place, mayGiveUp: false };
        assertSame(library, `string.${name}`, [text, search, replacement], options);
      }),
      seeded(600),
    );
  });

  test(`${name}() of the empty text goes between units, also amid a pair`, () => {
    for (const args of [
      ["a😀b", "", "-"],
      ["", "", "-"],
      ["\ude00", "", "\ud83d"],
      ["ab", "", ""],
    ]) {
      assertSame(library, `string.${name}`, args, { mayGiveUp: false });
    }
  });

  test(`${name}() minds a dollar only if something is replaced`, () => {
    assertSame(library, `string.${name}`, ["abc", "x", "$&"], { mayGiveUp: false });
    assert.equal(library.call(`string.${name}`, ["abc", "b", "$&"]), GIVEN_UP);
  });

  test(`${name}() pairs halves that meet`, () => {
    const args = ["\ud83dx\ude00x", "x", ""];
    assertSame(library, `string.${name}`, args, { mayGiveUp: false });
    assertSame(library, `string.${name}`, ["ax\ude00", "x", "\ud83d"], { mayGiveUp: false });
  });
}

for (const name of ["padStart", "padEnd"]) {
  test(`${name}() of any text to any length`, () => {
    fc.assert(
      fc.property(anyText, anyIndex, anyText, place, (text, length, fill, place) => {
        const mayGiveUp = length > 1000;
        assertSame(library, `string.${name}`, [text, length, fill], { place, mayGiveUp });
      }),
      seeded(600),
    );
  });

  test(`${name}() gives up beyond 8 MiB`, () => {
    assert.equal(library.call(`string.${name}`, ["a", 9 << 20, "b"]), GIVEN_UP);
    assert.equal(library.call(`string.${name}`, ["a", Number.POSITIVE_INFINITY, "b"]), GIVEN_UP);
    assertSame(library, `string.${name}`, ["a", Number.POSITIVE_INFINITY, ""]);
    assertSame(library, `string.${name}`, ["a", 100_000, "xyz"], { mayGiveUp: false });
  });
}

test("repeat() of any text, given up only where it throws", () => {
  fc.assert(
    fc.property(anyText, fc.double({ min: -3, max: 40 }), place, (text, count, place) => {
      assertSame(library, "string.repeat", [text, count], { place, mayGiveUp: false });
    }),
    seeded(500),
  );
  fc.assert(
    fc.property(anyText, anyIndex, (text, count) => {
      if (!(count < 2 ** 31 && text.length * count > 1e7)) return;
      assertSame(library, "string.repeat", [text, count]);
    }),
    seeded(100),
  );
  assert.equal(library.call("string.repeat", ["ab", 5 << 20]), GIVEN_UP);
  assert.equal(library.call("string.repeat", ["ab", Number.POSITIVE_INFINITY]), GIVEN_UP);
  assertSame(library, "string.repeat", ["", 2 ** 40], { mayGiveUp: false });
  assertSame(library, "string.repeat", ["\ude00a\ud83d", 5], { mayGiveUp: false });
  assertSame(library, "string.repeat", ["a", 100_001], { mayGiveUp: false });
});
