import assert from "node:assert/strict";
import { test } from "node:test";
import { classNameOf } from "../../../../../dataplane/functions/windows/class-name.ts";

test("the underscore of bundlers is no part of a class's name", () => {
  // What esbuild makes of `class Late { static of() { return new Late(); } }`.
  const Late = class _Late {};
  assert.equal(classNameOf(new Late()), "Late");
  class Early {}
  assert.equal(classNameOf(new Early()), "Early");
});
