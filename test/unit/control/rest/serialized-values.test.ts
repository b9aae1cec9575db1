import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  serializedAccumulator,
  serializedFailure,
} from "../../../../control/rest/serialized-values.ts";
import { projectRoot } from "../../../project-root.ts";

const template = JSON.parse(
  readFileSync(join(projectRoot, "test/conformance/rest/serialized-throwable.json"), "utf8"),
) as { readonly example: Readonly<Record<string, string>> };

test("a failure is written as one that Flink's client has read", () => {
  const { message = "", base64, className, stackTrace } = template.example;
  assert.deepEqual(serializedFailure([message]), {
    class: className,
    "stack-trace": stackTrace,
    "serialized-throwable": base64,
  });
});

test("an integer is written as Flink has written it", () => {
  const recorded =
    "rO0ABXNyACVvcmcuYXBhY2hlLmZsaW5rLnV0aWwuT3B0aW9uYWxGYWlsdXJlAAAAAAAAAAEDAAFMAAxmYWlsdXJlQ2F1c2V0ABVMamF2YS9sYW5nL1Rocm93YWJsZTt4cHBzcgARamF2YS5sYW5nLkludGVnZXIS4qCk94GHOAIAAUkABXZhbHVleHIAEGphdmEubGFuZy5OdW1iZXKGrJUdC5TgiwIAAHhwAAAmmHg=";
  assert.equal(serializedAccumulator(9880), recorded);
});

test("a long is written as Flink has written it", () => {
  const recorded =
    "rO0ABXNyACVvcmcuYXBhY2hlLmZsaW5rLnV0aWwuT3B0aW9uYWxGYWlsdXJlAAAAAAAAAAEDAAFMAAxmYWlsdXJlQ2F1c2V0ABVMamF2YS9sYW5nL1Rocm93YWJsZTt4cHBzcgAOamF2YS5sYW5nLkxvbmc7i+SQzI8j3wIAAUoABXZhbHVleHIAEGphdmEubGFuZy5OdW1iZXKGrJUdC5TgiwIAAHhw";
  const written = serializedAccumulator(2 ** 40);
  assert.ok(written.startsWith(recorded));
  const bytes = Buffer.from(written, "base64");
  assert.equal(bytes.readBigInt64BE(bytes.length - 9), 2n ** 40n);
});

test("long texts are cut to what a length of two bytes can say, between characters", () => {
  const text = `${"é".repeat(40_000)}end`;
  const written = serializedFailure([`x: ${text}`])["serialized-throwable"];
  const bytes = Buffer.from(written, "base64");
  const at = bytes.indexOf("x: é");
  const length = bytes.readUInt16BE(at - 2);
  assert.ok(length > 65_530 && length <= 65_535);
  assert.match(bytes.subarray(at, at + length).toString(), /^x: é+$/);
});

test("zero and what is outside of the basic plane are written as Java does", () => {
  const written = Buffer.from(serializedAccumulator("\u0000𝄞"), "base64");
  assert.equal(written.toString("hex").slice(-22), "0008c080eda0b4edb49e78");
});
