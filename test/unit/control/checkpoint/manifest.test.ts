import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeManifest,
  encodeManifest,
  MANIFEST_VERSION,
} from "../../../../control/checkpoint/manifest.ts";
import { Crc32c } from "../../../../dataplane/memory/crc32c.ts";
import type { StateFile } from "../../../../dataplane/protocol/state-file.ts";
import { throwsCode } from "../throws-code.ts";
import { testManifest } from "./test-manifest.ts";

const crc32c = await Crc32c.create();
const PATH = "/d/chk-3/manifest.json";

function stateFile(file: string): StateFile {
  return { kind: "file", folder: "/d/chk-3", file, lengthBytes: 1000, crc32c: 0xdeadbeef };
}

const manifest = testManifest(3, [stateFile("a-0.state"), stateFile("b-0.state"), null]);
const bytes = encodeManifest(manifest, crc32c);

/** With the checksum that the text has. */
function sealed(change: (content: Record<string, unknown>) => void): Uint8Array {
  const { manifest: content } = JSON.parse(Buffer.from(bytes).toString()) as {
    manifest: Record<string, unknown>;
  };
  change(content);
  const text = JSON.stringify(content);
  const crc = crc32c.of(Buffer.from(text)).toString(16).padStart(8, "0");
  return Buffer.from(`{"crc32c":"${crc}","manifest":${text}}\n`);
}

test("a manifest comes back as it was, its files in the folder where it lies", () => {
  assert.deepEqual(decodeManifest(PATH, bytes, crc32c), manifest);
  const moved = decodeManifest("/elsewhere/manifest.json", bytes, crc32c);
  assert.equal(moved.vertices[0]?.subtasks[0]?.state?.folder, "/elsewhere");
});

test("a manifest that was cut off anywhere is refused", () => {
  for (let length = 0; length < bytes.length; ++length) {
    const error = throwsCode("MR_SNAPSHOT_DAMAGED", () =>
      decodeManifest(PATH, bytes.subarray(0, length), crc32c),
    );
    assert.equal(error.details.file, PATH);
  }
});

test("a manifest with any bit flipped, or something behind it, is refused", () => {
  for (let bit = 0; bit < bytes.length * 8; ++bit) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    throwsCode("MR_SNAPSHOT_DAMAGED", () => decodeManifest(PATH, flipped, crc32c));
  }
  throwsCode("MR_SNAPSHOT_DAMAGED", () =>
    decodeManifest(PATH, Buffer.concat([bytes, Buffer.from("\n")]), crc32c),
  );
});

test("a manifest of a newer version is refused as such", () => {
  const newer = sealed((content) => {
    content.version = MANIFEST_VERSION + 1;
  });
  const error = throwsCode("MR_SNAPSHOT_VERSION", () => decodeManifest(PATH, newer, crc32c));
  assert.equal(error.details.supported, MANIFEST_VERSION);
});

test("a manifest that is none of ours is refused, whatever its checksum", () => {
  const changes: ((content: Record<string, unknown>) => void)[] = [
    (content) => {
      content.format = "something-else";
    },
    (content) => {
      content.parents = ["chk-2"];
    },
    (content) => {
      delete content.vertices;
    },
    (content) => {
      delete content.parents;
    },
  ];
  for (const change of changes) {
    throwsCode("MR_SNAPSHOT_DAMAGED", () => decodeManifest(PATH, sealed(change), crc32c));
  }
});

test("files elsewhere are not read", () => {
  for (const file of ["../other.state", "/etc/passwd", "a/b.state", "passwd", ""]) {
    const text = Buffer.from(sealed(() => undefined)).toString("utf8");
    const { manifest: content } = JSON.parse(text.replace('"a-0.state"', JSON.stringify(file)));
    const changed = sealed((old) => Object.assign(old, content));
    throwsCode("MR_SNAPSHOT_DAMAGED", () => decodeManifest(PATH, changed, crc32c));
  }
});
