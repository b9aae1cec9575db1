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

const AT_INDEX = ["at", "charAt", "charCodeAt", "codePointAt"];
const OF_RANGE = ["slice", "substring"];
const SEARCHES = ["startsWith", "endsWith", "includes", "indexOf", "lastIndexOf"];

for (const name of AT_INDEX) {
  test(`${name}() of any text at any index, and it gives up only where that is undefined`, () => {
    fc.assert(
      fc.property(anyText, anyIndex, place, (text, index, place) => {
        assertSame(library, `string.${name}`, [text, index], { place, mayGiveUp: false });
      }),
      seeded(400),
    );
  });
}

for (const name of OF_RANGE) {
  test(`${name}() of any text and indexes, never given up`, () => {
    fc.assert(
      fc.property(anyText, anyIndex, anyIndex, place, (text, from, to, place) => {
        assertSame(library, `string.${name}`, [text, from, to], { place, mayGiveUp: false });
      }),
      seeded(800),
    );
  });
}

for (const name of SEARCHES) {
  test(`${name}() of any texts at any position`, () => {
    fc.assert(
      fc.property(textAndPart(anyText), anyIndex, place, ([text, search], position, place) => {
        assertSame(library, `string.${name}`, [text, search, position], { place });
      }),
      seeded(800),
    );
  });

  test(`${name}() of well-formed texts is never given up`, () => {
    const texts = textAndPart(wellFormedText).filter(([, search]) => isWellFormed(search));
    fc.assert(
      fc.property(texts, anyIndex, place, ([text, search], position, place) => {
        const options = { place, mayGiveUp: false };
        assertSame(library, `string.${name}`, [text, search, position], options);
      }),
      seeded(400),
    );
  });
}

test("length counts UTF-16 units", () => {
  fc.assert(
    fc.property(anyText, place, (text, place) => {
      assertSame(library, "string.length", [text], { place, mayGiveUp: false });
    }),
    seeded(500),
  );
});

test("concatenation of any texts pairs halves that meet", () => {
  fc.assert(
    fc.property(anyText, anyText, place, (left, right, place) => {
      assertSame(library, "string.concat", [left, right], { place, mayGiveUp: false });
    }),
    seeded(500),
  );
  assertSame(library, "string.concat", ["a\ud83d", "\ude00b"], { mayGiveUp: false });
});

test("a chain of concatenations lengthens the first, and leaves what others hold", () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 8 }), (texts) => {
      library.run("arenaReset");
      const steps = library.writeTexts(["", ...texts]);
      const built = steps.map((_, index) =>
        steps.slice(0, index + 1).reduce((left, right) => concat(left, right)),
      );
      const wanted = texts.map((_, index) => texts.slice(0, index + 1).join(""));
      assert.deepEqual(built.map(readText), ["", ...wanted]);
      // Two texts that begin with the same one do not share what comes behind.
      const forks = built.map((left) => [concat(left, steps.at(-1) ?? 0n), concat(left, left)]);
      const last = texts.at(-1) ?? "";
      const pairs = ["", ...wanted].map((left) => [left + last, left + left]);
      assert.deepEqual(
        forks.map((fork) => fork.map(readText)),
        pairs,
      );
    }),
    seeded(200),
  );
});

function concat(left: bigint, right: bigint): bigint {
  return library.run("textConcat", left, right) as bigint;
}

function readText(text: bigint): string {
  return library.textAt(text);
}

test("equality and order are by UTF-16 units", () => {
  const pair = fc.oneof(
    fc.tuple(anyText, anyText),
    anyText.map((text): [string, string] => [text, text]),
    fc.tuple(anyText, anyText, anyText).map(([a, b, c]): [string, string] => [a + b, a + c]),
  );
  fc.assert(
    fc.property(pair, place, ([left, right], place) => {
      const [a, b] = library.writeTexts([left, right], place) as [bigint, bigint];
      assert.equal(library.run("textEquals", a, b) !== 0, left === right);
      const order = left < right ? -1 : left > right ? 1 : 0;
      assert.equal(Math.sign(library.run("textCompare", a, b) as number), order);
    }),
    seeded(800),
  );
});

test("any sequence of questions about one long text is answered from what is remembered", () => {
  const questions = fc.array(
    fc.tuple(fc.constantFrom("charCodeAt", "slice", "indexOf", "length"), fc.nat(400)),
    { minLength: 1, maxLength: 30 },
  );
  const long = fc.tuple(anyText, anyText, anyText).map((texts) => texts.join("").repeat(3));
  fc.assert(
    fc.property(fc.oneof(asciiText, long), questions, place, (text, asked, place) => {
      library.run("arenaReset");
      library.run("clearStops");
      const [whole, search] = library.writeTexts([text, "a"], place) as [bigint, bigint];
      for (const [name, index] of asked) {
        if (name === "charCodeAt") {
          const unit = library.run("textCharCodeAt", whole, index);
          assert.deepEqual(unit, text.charCodeAt(index));
        } else if (name === "slice") {
          const slice = library.run("textSlice", whole, index, index + 3) as bigint;
          assert.equal(library.textAt(slice), text.slice(index, index + 3));
        } else if (name === "indexOf") {
          const found = library.run("textIndexOf", whole, search, index);
          assert.equal(found, text.indexOf("a", index));
        } else {
          assert.equal(library.run("textLength", whole), text.length);
        }
      }
    }),
    seeded(300),
  );
});

test("what was remembered about a text is forgotten with its row", () => {
  const ask = (text: string) => library.call("string.charCodeAt", [text, 60]);
  assert.equal(ask("é".repeat(70)), 0xe9);
  assert.equal(ask("a".repeat(140)), 0x61);
  assert.equal(library.call("string.length", ["é".repeat(70)]), 70);
  assert.equal(library.call("string.length", ["a".repeat(140)]), 140);
});

test("half of a pair looked for where pairs are is given up, elsewhere found", () => {
  for (const name of SEARCHES) {
    const from = name === "endsWith" || name === "lastIndexOf" ? Number.POSITIVE_INFINITY : 0;
    assert.equal(library.call(`string.${name}`, ["a😀", "\ud83d", from]), GIVEN_UP);
    assertSame(library, `string.${name}`, ["a\ud83d", "\ud83d", from], { mayGiveUp: false });
  }
});
