/**
 * Job bundles: a zip named `.jar`, as Flink's tools want to upload, with `META-INF/MANIFEST.MF` and one ES module
 * `<entry>.mjs` per program. Names in it are compared and shown, never used as paths, and no more is unpacked than
 * the manifest and the program that is asked for.
 */
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { ZipFile as ZipWriter } from "yazl";
import { EngineError } from "../../dataplane/protocol/errors.ts";

export interface BundleManifest {
  /** Names of its programs that are shown; the first is run where none is named. */
  readonly entries: readonly string[];
  /** Version of the engine it was packaged by; null = it does not say. */
  readonly engineVersion: string | null;
}

/** What a bundle may hold, in bytes: beyond, it is refused before it is unpacked. */
export interface BundleLimits {
  readonly archiveBytes: number;
  readonly programBytes: number;
  readonly members: number;
}

const MIB = 1 << 20;
export const BUNDLE_LIMITS: BundleLimits = {
  archiveBytes: 256 * MIB,
  programBytes: 64 * MIB,
  members: 10_000,
};

const MANIFEST = "META-INF/MANIFEST.MF";
const MANIFEST_BYTES_MAX = 64 * 1024;
const ENTRY_NAME = /^[A-Za-z0-9_$][A-Za-z0-9_$.-]{0,199}$/;
/** Archives of the same programs are the same bytes. */
const TIMES = new Date("2000-01-01T00:00:00Z");

/** Whether a program may be called so in a bundle. */
export function isEntryName(name: string): boolean {
  return ENTRY_NAME.test(name);
}

/** @param programs ES modules by entry name; the first is the main one */
export async function writeBundle(
  path: string,
  programs: ReadonlyMap<string, Uint8Array>,
  engineVersion: string,
): Promise<void> {
  const archive = new ZipWriter();
  const add = (name: string, bytes: Uint8Array): void =>
    archive.addBuffer(Buffer.from(bytes), name, { mtime: TIMES, forceDosTimestamp: true });
  const [main = ""] = programs.keys();
  const lines = [
    "Manifest-Version: 1.0",
    `Created-By: millrace ${engineVersion}`,
    `Millrace-Version: ${engineVersion}`,
    `Main-Class: ${main}`,
  ];
  add(MANIFEST, Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  for (const [name, bytes] of programs) add(`${name}.mjs`, bytes);
  archive.end();
  await pipeline(archive.outputStream, createWriteStream(path));
}

/** Errors: MR_BUNDLE_INVALID. */
export async function readManifest(
  path: string,
  limits: BundleLimits = BUNDLE_LIMITS,
): Promise<BundleManifest> {
  const bytes = await readMember(path, MANIFEST, MANIFEST_BYTES_MAX, limits);
  if (bytes === null) throw invalid(`it has no ${MANIFEST}`);
  return parseManifest(bytes.toString("utf8"));
}

/** The ES module of a program. Errors: MR_BUNDLE_INVALID. */
export async function readProgram(
  path: string,
  entry: string,
  limits: BundleLimits = BUNDLE_LIMITS,
): Promise<Buffer> {
  if (!isEntryName(entry)) throw invalid(`${JSON.stringify(entry)} is no name of a program`);
  const name = `${entry}.mjs`;
  const bytes = await readMember(path, name, limits.programBytes, limits);
  if (bytes === null) throw invalid(`it has no program ${entry} (no ${name} in it)`);
  return bytes;
}

/** Of `program-class` or `Main-Class`, as in Flink: names behind commas. Lines of 72 bytes go on behind a blank. */
function parseManifest(text: string): BundleManifest {
  const attributes = new Map<string, string>();
  for (const line of text.replaceAll(/\r?\n /g, "").split(/\r?\n/)) {
    // The main section ends at the first empty line.
    if (line === "") break;
    const colon = line.indexOf(": ");
    if (colon > 0) attributes.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 2).trim());
  }
  const classes = attributes.get("program-class") ?? attributes.get("main-class") ?? "";
  const entries = classes.split(",").map((name) => name.trim());
  return {
    entries: entries.filter(isEntryName),
    engineVersion: attributes.get("millrace-version") ?? null,
  };
}

/** null = there is none of that name. */
async function readMember(
  path: string,
  name: string,
  maxBytes: number,
  limits: BundleLimits,
): Promise<Buffer | null> {
  try {
    const { size } = await stat(path);
    if (size > limits.archiveBytes) {
      throw invalid(`it has ${size} bytes, more than ${limits.archiveBytes}`);
    }
    const archive = await openPromise(path, { autoClose: false, strictFileNames: true });
    try {
      const member = await findMember(archive, name, limits);
      return member === null ? null : await inflate(archive, member, maxBytes);
    } finally {
      archive.close();
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
}

/** Reads all of the directory: a damaged or ambiguous one is refused whichever member is wanted. */
async function findMember(
  archive: ZipFile,
  name: string,
  { members }: BundleLimits,
): Promise<Entry | null> {
  if (archive.entryCount > members) {
    throw invalid(`it has ${archive.entryCount} files, more than ${members}`);
  }
  let found: Entry | null = null;
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName !== name) continue;
    if (found !== null) throw invalid(`${name} is in it twice`);
    found = entry;
  }
  return found;
}

/** The reader sees to it that a member is no longer than its header says. */
async function inflate(archive: ZipFile, member: Entry, maxBytes: number): Promise<Buffer> {
  const { fileName, uncompressedSize } = member;
  if (uncompressedSize > maxBytes) {
    throw invalid(`${fileName} unpacks to ${uncompressedSize} bytes, more than ${maxBytes}`);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await archive.openReadStreamPromise(member)) {
    chunks.push(chunk as Buffer);
  }
  const bytes = Buffer.concat(chunks);
  if (crc32(bytes) !== member.crc32) throw invalid(`${fileName} is damaged (its checksum differs)`);
  return bytes;
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError("MR_BUNDLE_INVALID", { message }, cause);
}
