import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BUILTINS } from "../../../../../control/compiler/builtins.ts";
import { seeded } from "../../../../oracle/seeded.ts";
import { anyNumber, anyText } from "./arbitraries.ts";
import { GIVEN_UP, JsLibrary, PLACES } from "./js-library.ts";
import { assertSame } from "./oracle.ts";

const library = await JsLibrary.create();
const place = fc.nat(PLACES);

const NUMERIC = [
  ...["0x1F", "0X1f", " 12 ", "1e21", ".5", "5.", "-", "+", "", " ", ".", "Infinity", "-Infinity"],
  ...[
    "1_000",
    "٣",
    "-0",
    "+0",
    "-0x1F",
    "0b11",
    "0o17",
    "0x",
    "1e",
    "1e+",
    "1e5",
    "1E-7",
    "1.5e+3",
  ],
  ...["e5", "--1", "+-1", "- 1", "1 2", "12px", "1,5", "1.2.3", "00012", "-000", "NaN", "infinity"],
  ...["9007199254740991", "9007199254740993", "-9223372036854775808", "18446744073709551615"],
  ...["18446744073709551616", "123456789012345678901234567890", "0.1", "0.30000000000000004"],
  ...["1e22", "1e23", "1e-22", "1e-23", "1e400", "-1e400", "1e-400", "1e99999999999", "4.9e-324"],
  ...[
    "0x1fffffffffffff",
    "0x20000000000001",
    "0xffffffffffffffff",
    "0x10000000000000000",
    "z",
    "1z",
  ],
  ...["\u00a012\ufeff", "\u180e12", "12\u2028", "\n\t7\r\n", "0.1e1", "1.e1", ".e1", "x12", "१२"],
];

const numeric: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NUMERIC),
  anyNumber.map(String),
  anyNumber.map((value) => value.toFixed(3)),
  fc.double().map((value) => value.toExponential()),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.nat().map((value) => `0x${value.toString(16)}`),
  fc
    .array(fc.constantFrom(..."0123456789.eE+-x aF\u00a0"), { maxLength: 12 })
    .map((chars) => chars.join("")),
  fc
    .array(fc.constantFrom(..."0123456789"), { minLength: 10, maxLength: 25 })
    .map((digits) => `${digits.slice(0, 9).join("")}.${digits.slice(9).join("")}`),
  anyText,
);

for (const name of ["number.parse", "number.parseFloat"]) {
  test(`${name} of any text, never given up`, () => {
    for (const text of NUMERIC) assertSame(library, name, [text], { mayGiveUp: false });
    fc.assert(
      fc.property(numeric, place, (text, place) => {
        assertSame(library, name, [text], { place, mayGiveUp: false });
      }),
      seeded(3000),
    );
  });
}

test("parseInt() of any text in any base, given up only for long digits", () => {
  const radix = fc.oneof(fc.constantFrom(0, 10, 16), fc.integer({ min: -1, max: 37 }), anyNumber);
  for (const text of NUMERIC) {
    for (const radix of [0, 10, 16]) {
      const options = { mayGiveUp: /[0-9a-f]{17}/i.test(text) };
      assertSame(library, "number.parseInt", [text, radix], options);
    }
  }
  fc.assert(
    fc.property(numeric, radix, place, (text, radix, place) => {
      const mayGiveUp = /[0-9a-z]{11}/i.test(text);
      assertSame(library, "number.parseInt", [text, radix], { place, mayGiveUp });
    }),
    seeded(3000),
  );
});

test("String() of any number", () => {
  fc.assert(
    fc.property(anyNumber, (value) => {
      assertSame(library, "number.toString", [value], { mayGiveUp: false });
    }),
    seeded(5000),
  );
});

test("the shortest decimals around few places", () => {
  for (let places = 1; places <= 12; ++places) {
    for (const digits of [1, 5, 9, 99, 123, 9_999_999, 123_456_789, 999_999_999_999_999]) {
      const value = digits / 10 ** places;
      for (const near of [value, value * (1 + Number.EPSILON), value * (1 - Number.EPSILON)]) {
        assertSame(library, "number.toString", [near], { mayGiveUp: false });
        assertSame(library, "number.toString", [-near], { mayGiveUp: false });
      }
    }
  }
});

test("toFixed() of any number to any digits, given up only where it throws", () => {
  const digits = fc.oneof(
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: -1, max: 101 }),
    anyNumber,
  );
  fc.assert(
    fc.property(anyNumber, digits, (value, digits) => {
      assertSame(library, "number.toFixed", [value, digits], { mayGiveUp: false });
    }),
    seeded(4000),
  );
  for (let thousandths = -2500; thousandths <= 2500; thousandths += 5) {
    assertSame(library, "number.toFixed", [thousandths / 1000, 2], { mayGiveUp: false });
    assertSame(library, "number.toFixed", [thousandths / 100, 0], { mayGiveUp: false });
  }
  assert.equal(library.call("number.toFixed", [1, 101]), GIVEN_UP);
});

const OF_NUMBERS = Object.entries(BUILTINS).filter(([name]) => /^(math|number\.is)/.test(name));

for (const [name, { args }] of OF_NUMBERS) {
  test(`${name} of any numbers`, () => {
    fc.assert(
      fc.property(
        fc.array(anyNumber, { minLength: args.length, maxLength: args.length }),
        (values) => {
          assertSame(library, name, values, { mayGiveUp: false });
        },
      ),
      seeded(300),
    );
  });
}

test("operators without an instruction: %, **, |0, >>>0", () => {
  const small = fc.integer({ min: -20, max: 20 });
  const operand = fc.oneof(anyNumber, small);
  fc.assert(
    fc.property(operand, operand, (x, y) => {
      assert.deepEqual(library.run("numberRemainder", x, y), x % y);
      assert.deepEqual(library.run("numberPow", x, y), x ** y);
      assert.equal(library.run("toInt32", x), x | 0);
      assert.equal((library.run("toUint32", x) as number) >>> 0, x >>> 0);
    }),
    seeded(4000),
  );
});

test("numbers become integers of columns, given up unless they are what the column holds", () => {
  fc.assert(
    fc.property(anyNumber, (value) => {
      const int = value === (value | 0) ? value | 0 : GIVEN_UP;
      const long = Number.isSafeInteger(value) ? BigInt(value) : GIVEN_UP;
      assert.equal(library.call("number.toInt", [value]), int);
      assert.equal(library.call("number.toLong", [value]), long);
      assert.equal(library.call("number.toTimestamp", [value]), long);
    }),
    seeded(1000),
  );
});

test("every builtin is a function of the library", () => {
  for (const [name, { fn, args }] of Object.entries(BUILTINS)) {
    assert.equal(library.raw[fn]?.length, args.length, name);
  }
});
