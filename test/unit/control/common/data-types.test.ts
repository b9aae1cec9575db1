import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canBeKey,
  fieldNames,
  findField,
  formatType,
  isComparable,
  isNumeric,
  isSameType,
  isScalarKey,
} from "../../../../control/common/data-types.ts";
import { Types } from "../../../../control/common/types.ts";
import { throwsCode } from "../throws-code.ts";

const { descriptor: pair } = Types.TUPLE(Types.STRING, Types.INT);
const { descriptor: order } = Types.ROW({ user: Types.STRING, tags: Types.LIST(Types.LONG) });

test("types are written as people write them", () => {
  assert.equal(formatType(pair), "(STRING, INT)");
  assert.equal(formatType(order), "{user: STRING, tags: LIST<LONG>}");
  assert.equal(formatType(Types.GENERIC().descriptor), "GENERIC");
});

test("types are the same when their kinds, fields and names are", () => {
  const all = [
    Types.STRING,
    Types.INT,
    Types.TUPLE(Types.STRING, Types.INT),
    Types.TUPLE(Types.STRING, Types.LONG),
    Types.TUPLE(Types.STRING),
    Types.ROW({ a: Types.INT, b: Types.INT }),
    Types.ROW({ b: Types.INT, a: Types.INT }),
    Types.ROW({ a: Types.INT }),
    Types.LIST(Types.INT),
    Types.LIST(Types.LIST(Types.INT)),
  ].map(({ descriptor }) => descriptor);
  for (const [i, a] of all.entries()) {
    for (const [j, b] of all.entries())
      assert.equal(isSameType(a, structuredClone(b)), i === j, `${i}, ${j}`);
  }
});

test("a field is found by position in a tuple, by name in a row and as 0 in a plain value", () => {
  assert.deepEqual(findField(pair, 1), { index: 1, type: { kind: "INT" } });
  assert.equal(findField(pair, 2), null);
  assert.equal(findField(pair, "1"), null);
  assert.deepEqual(findField(order, "user"), { index: 0, type: { kind: "STRING" } });
  assert.equal(findField(order, "length"), null);
  assert.equal(findField(order, 0), null);
  assert.deepEqual(findField(Types.LONG.descriptor, 0), { index: 0, type: { kind: "LONG" } });
  assert.equal(findField(Types.LONG.descriptor, 1), null);
  assert.equal(fieldNames(pair), "0, 1");
  assert.equal(fieldNames(order), "user, tags");
});

test("lists and bytes are no keys, wherever they are", () => {
  for (const type of [
    Types.LIST(Types.INT),
    Types.BYTES,
    Types.TUPLE(Types.INT, Types.BYTES),
    Types.ROW({ a: Types.LIST(Types.INT) }),
  ]) {
    assert.equal(canBeKey(type.descriptor), false);
  }
  assert.ok(canBeKey(pair));
  assert.ok(!isScalarKey(pair));
  assert.ok(isScalarKey(Types.TIMESTAMP.descriptor));
  assert.ok(!isScalarKey(Types.GENERIC().descriptor));
});

test("numbers are summed, plain values are compared", () => {
  assert.deepEqual(
    [Types.INT, Types.LONG, Types.NUMBER, Types.DOUBLE].map(({ descriptor }) =>
      isNumeric(descriptor),
    ),
    [true, true, true, true],
  );
  assert.deepEqual(
    [Types.STRING, Types.BOOLEAN, Types.TIMESTAMP].map(({ descriptor }) => isNumeric(descriptor)),
    [false, false, false],
  );
  assert.ok(isComparable(Types.STRING.descriptor));
  assert.ok(!isComparable(Types.LIST(Types.INT).descriptor));
});

test("descriptors are frozen", () => {
  assert.ok(Object.isFrozen(pair));
  assert.ok(pair.kind === "TUPLE" && Object.isFrozen(pair.fields));
  assert.ok(order.kind === "ROW" && order.fields.every((field) => Object.isFrozen(field)));
});

test("types without fields, and things that are no types, are refused", () => {
  throwsCode("MR_FUNCTION_INVALID", () => Types.TUPLE());
  throwsCode("MR_FUNCTION_INVALID", () => Types.ROW({}));
  const error = throwsCode("MR_FUNCTION_INVALID", () =>
    Types.TUPLE("STRING" as unknown as typeof Types.STRING),
  );
  assert.match(
    error.message,
    /Types\.TUPLE\(\): expected a type, such as Types\.STRING, got the string "STRING"/,
  );
  const row = throwsCode("MR_FUNCTION_INVALID", () =>
    Types.ROW({ a: Types.LIST as unknown as typeof Types.STRING }),
  );
  assert.match(row.message, /Types\.ROW\(\), field a/);
});
