import assert from "node:assert/strict";
import { test } from "node:test";
import { RestFailure } from "../../../../control/rest/errors.ts";
import { readBody } from "../../../../control/rest/request-body.ts";

const FORMAT = {
  name: "Body",
  fields: {
    text: { kind: "text", description: "" },
    flag: { kind: "boolean", description: "" },
    count: { kind: "integer", description: "" },
    id: { kind: "id", description: "" },
    list: { kind: "texts", description: "" },
    map: { kind: "map", description: "" },
    mode: { kind: ["A", "B"], description: "" },
  },
} as const;

function read(body: unknown) {
  return readBody(FORMAT, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));
}

function isRefused(body: unknown): void {
  const isBadRequest = (error: unknown) => error instanceof RestFailure && error.status === 400;
  assert.throws(() => read(body), isBadRequest, JSON.stringify(body));
}

const NOTHING = {
  text: null,
  flag: null,
  count: null,
  id: null,
  list: null,
  map: null,
  mode: null,
};

test("absent members and null are the same, unknown ones are ignored", () => {
  assert.deepEqual(readBody(FORMAT, undefined), NOTHING);
  assert.deepEqual(read({ flag: null, colour: "red" }), NOTHING);
  assert.deepEqual(read('{"__proto__":{"flag":true}}'), NOTHING);
});

test("scalars are taken for each other where that is safe", () => {
  const { text, flag, count, id } = read({
    text: 1,
    flag: "true",
    count: "2",
    id: "ABCDEF0123456789ABCDEF0123456789",
  });
  assert.deepEqual([text, flag, count, id], ["1", true, 2, "abcdef0123456789abcdef0123456789"]);
});

test("anything else is refused", () => {
  isRefused({ flag: "maybe" });
  isRefused({ count: 2 ** 31 });
  isRefused({ count: [] });
  isRefused({ id: "xyz" });
  isRefused({ list: [{}] });
  isRefused({ list: "a" });
  isRefused({ map: [] });
  isRefused({ mode: "a" });
  isRefused({ text: {} });
  for (const body of ["{", "[]", "null", "1", "\ufffe{"]) isRefused(body);
});

test("bytes that are no UTF-8 are refused", () => {
  assert.throws(() => readBody(FORMAT, Buffer.from([0x7b, 0xb2, 0x7d])), RestFailure);
});
