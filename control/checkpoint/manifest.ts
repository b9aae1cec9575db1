/**
 * The manifest of a snapshot: which checkpoint or savepoint it is, of what operators, and where the state of
 * each subtask lies. Where there is a whole manifest there is a snapshot; nothing else makes one.
 *
 * On disk it is JSON, of which the first member is the CRC32C of the second one's text:
 *
 *   {"crc32c":"9f86d081","manifest":{…}}
 */
import { dirname } from "node:path";
import { packGeneric, unpackGeneric } from "../../dataplane/formats/generic.ts";
import type { Crc32c } from "../../dataplane/memory/crc32c.ts";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { StateFile } from "../../dataplane/protocol/state-file.ts";
import { snapshotDamaged, snapshotTooNew } from "../../dataplane/snapshot/snapshot-errors.ts";

export const MANIFEST_FILE = "manifest.json";
export const MANIFEST_VERSION = 1;

export interface SnapshotOperator {
  readonly id: string;
  /** null = the id comes from its place in the graph. */
  readonly uid: string | null;
  readonly name: string;
  readonly kind: string;
  readonly engine: "wasm" | "js";
  /** Of its keyed state, in words; absent = it has none, or the type was not known. */
  readonly keyType?: string;
}

/** Operators that were chained, and the state of each of their subtasks. */
export interface SnapshotVertex<State = StateFile> {
  readonly id: string;
  readonly name: string;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly operators: readonly SnapshotOperator[];
  /** By subtask. */
  readonly subtasks: readonly SubtaskSnapshot<State>[];
}

export interface SubtaskSnapshot<State = StateFile> {
  /** It had come to its end. */
  readonly isFinished: boolean;
  /** null = it has no state. */
  readonly state: State | null;
}

export interface EnumeratorSnapshot {
  readonly operatorId: string;
  /** What SplitEnumerator.snapshotState() gave. */
  readonly state: unknown;
}

export interface CheckpointManifest<State = StateFile> {
  readonly type: "checkpoint" | "savepoint";
  readonly checkpointId: number;
  readonly jobId: string;
  readonly jobName: string;
  /** ms since the epoch. */
  readonly triggeredMs: number;
  readonly completedMs: number;
  readonly vertices: readonly SnapshotVertex<State>[];
  readonly enumerators: readonly EnumeratorSnapshot[];
}

const FORMAT = "millrace-snapshot";
const PATTERN = /^\{"crc32c":"([0-9a-f]{8})","manifest":(\{.*\})\}\n$/s;
const PREFIX_LENGTH = '{"crc32c":"00000000","manifest":'.length;
const SUFFIX_LENGTH = "}\n".length;
const FILE_NAME = /^[\w-]+\.state$/;

/** Errors: MR_TYPE_UNSUPPORTED, for what enumerators gave. */
export function encodeManifest(manifest: CheckpointManifest, crc32c: Crc32c): Uint8Array {
  const { vertices, enumerators, ...facts } = manifest;
  const content = {
    format: FORMAT,
    version: MANIFEST_VERSION,
    ...facts,
    // Snapshots this one has files of.
    parents: [],
    vertices: vertices.map(({ subtasks, ...vertex }) => ({
      ...vertex,
      subtasks: subtasks.map(({ isFinished, state }) => ({
        isFinished,
        state: state === null ? null : fileOf(state),
      })),
    })),
    enumerators: enumerators.map(({ operatorId, state }) => ({
      operatorId,
      state: packed(operatorId, state),
    })),
  };
  const text = JSON.stringify(content, null, 1);
  const crc = crc32c.of(Buffer.from(text)).toString(16).padStart(8, "0");
  return Buffer.from(`{"crc32c":"${crc}","manifest":${text}}\n`);
}

function fileOf(state: StateFile): StoredState {
  const { file, lengthBytes, crc32c, bases } = state;
  const stored = { file, lengthBytes, crc32c };
  return bases === undefined ? stored : { ...stored, bases: bases.map(fileOf) };
}

function packed(operator: string, state: unknown): string {
  const bytes = packGeneric(state, { operator, path: "state of the enumerator" });
  return Buffer.from(bytes).toString("base64");
}

/** @param path of the file, in whose folder the state files are. Errors: MR_SNAPSHOT_DAMAGED, MR_SNAPSHOT_VERSION. */
export function decodeManifest(
  path: string,
  bytes: Uint8Array,
  crc32c: Crc32c,
): CheckpointManifest {
  const [, crc, text] = PATTERN.exec(Buffer.from(bytes).toString("utf8")) ?? [];
  if (crc === undefined || text === undefined) {
    throw snapshotDamaged(path, "it is no whole manifest: it was cut off or changed");
  }
  const content = bytes.subarray(PREFIX_LENGTH, bytes.length - SUFFIX_LENGTH);
  if (crc32c.of(content) !== Number.parseInt(crc, 16)) {
    throw snapshotDamaged(path, "its checksum is wrong: it was changed");
  }
  const { version } = JSON.parse(text) as { readonly version: number };
  if (version > MANIFEST_VERSION) throw snapshotTooNew(path, version, MANIFEST_VERSION);
  try {
    return manifestOf(path, JSON.parse(text) as StoredManifest);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    // The checksum is right, so it is not damaged; but nothing this version writes is like that.
    throw snapshotDamaged(path, "it is not what this version writes", error);
  }
}

function manifestOf(path: string, stored: StoredManifest): CheckpointManifest {
  const { format, version: _, parents, ...manifest } = stored;
  if (format !== FORMAT || parents.length > 0) throw new TypeError(`${format} with parents`);
  const folder = dirname(path);
  return {
    ...manifest,
    vertices: manifest.vertices.map((vertex) => ({
      ...vertex,
      subtasks: vertex.subtasks.map(({ isFinished, state }) => ({
        isFinished,
        state: state === null ? null : stateFileOf(path, folder, state),
      })),
    })),
    enumerators: manifest.enumerators.map(({ operatorId, state }) => ({
      operatorId,
      state: unpackGeneric(Buffer.from(state, "base64")),
    })),
  };
}

interface StoredState extends Omit<StateFile, "kind" | "folder" | "bases"> {
  readonly bases?: readonly StoredState[];
}

interface StoredManifest extends Omit<CheckpointManifest<StoredState>, "enumerators"> {
  readonly format: string;
  readonly version: number;
  readonly parents: readonly unknown[];
  readonly enumerators: readonly { readonly operatorId: string; readonly state: string }[];
}

function stateFileOf(path: string, folder: string, state: StoredState): StateFile {
  const { bases, ...file } = within(path, state);
  const known = { kind: "file" as const, folder, ...file };
  if (bases === undefined) return known;
  return { ...known, bases: bases.map((base) => stateFileOf(path, folder, base)) };
}

/** State files lie beside their manifest and nowhere else. */
function within(path: string, state: StoredState): StoredState {
  if (FILE_NAME.test(state.file)) return state;
  throw snapshotDamaged(path, `it names a file "${state.file}" that is no state file`);
}
