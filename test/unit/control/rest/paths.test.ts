import assert from "node:assert/strict";
import { test } from "node:test";
import { queryValues, routedPath, shownPath } from "../../../../control/rest/paths.ts";

test("the version, empty segments and escapes make no difference", () => {
  for (const path of ["/jobs", "/v1/jobs", "/jobs/", "//jobs", "/v1//jobs/", "/%6Aobs"]) {
    assert.equal(routedPath(path), "/jobs", path);
  }
  assert.equal(routedPath("/v1/jobs?get=a%2Cb"), "/jobs?get=a%2Cb");
  assert.equal(routedPath("/jars/x%20y.jar/run"), "/jars/x%20y.jar/run");
  assert.equal(routedPath("/"), "/");
});

test("other versions, and the version alone, are paths like any other", () => {
  assert.equal(routedPath("/v2/jobs"), "/v2/jobs");
  assert.equal(routedPath("/v1"), "/v1");
  assert.equal(routedPath("/v1/v1/jobs"), "/v1/jobs");
});

test("an escaped slash parts segments, so no name has one", () => {
  assert.equal(routedPath("/jobmanager/logs/..%2Fetc"), "/jobmanager/logs/../etc");
  assert.equal(shownPath("/jobmanager/logs/..%2Fetc?x"), "/jobmanager/logs/../etc");
});

test("what is not escaped properly is taken as it is", () => {
  assert.equal(routedPath("/jobs/%zz"), "/jobs/%25zz");
  assert.equal(shownPath("/jobs/%zz"), "/jobs/%zz");
});

test("values with commas are several, and blanks are written as plus", () => {
  assert.deepEqual(
    { ...queryValues("get=a,b&get=c&x=1+2&__proto__=y") },
    {
      get: ["a", "b", "c"],
      x: ["1 2"],
      ["__proto__"]: ["y"],
    },
  );
});
