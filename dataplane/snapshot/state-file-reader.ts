/**
 * Reads a state file and believes nothing: the file has to be the one its manifest knows, and every byte is
 * under a checksum that is compared before the byte is used.
 */
import { join } from "node:path";
import type { Crc32c } from "../memory/crc32c.ts";
import type { BatchType } from "../protocol/deployment.ts";
import { EngineError } from "../protocol/errors.ts";
import type { OperatorStateEntry } from "../protocol/operator-state.ts";
import type { StateFile } from "../protocol/state-file.ts";
import {
  STATE_BLOCK_CRC,
  STATE_BLOCK_HEADER_SIZE,
  STATE_FILE_VERSION,
  STATE_FOOTER_CRC,
  STATE_FOOTER_SIZE,
  STATE_HEADER_SIZE,
  STATE_SECTION_ROWS,
} from "../protocol/state-file-layout.ts";
import { errorCodeOf, type FileSystem, type ReadableFile } from "./file-system.ts";
import { snapshotDamaged, snapshotTooNew } from "./snapshot-errors.ts";
import { decodePayload, encodeBlockHeader, setBlockCrc, unpackEntry } from "./state-block.ts";
import { decodeFooter, decodeHeader } from "./state-file-ends.ts";
import { decodeIndex, type StateBlock, type StateFileIndex } from "./state-file-index.ts";

/** What a block holds. */
export type StateContent =
  | {
      readonly kind: "rows";
      readonly operatorId: string;
      readonly type: BatchType;
      /** A sealed RowBatch. */
      readonly batch: Uint8Array<ArrayBuffer>;
    }
  | {
      readonly kind: "operator-state";
      readonly operatorId: string;
      readonly entry: OperatorStateEntry;
    };

/** What is wanted of a file; absent = all of it. */
export interface StateSelection {
  readonly operatorIds?: ReadonlySet<string>;
  readonly kind?: StateContent["kind"];
  /** Blocks that have none of these are left out. Others may have rows of more. */
  readonly keyGroups?: (firstKeyGroup: number, lastKeyGroup: number) => boolean;
}

/** What it takes to read snapshots. */
export interface SnapshotAccess {
  readonly fileSystem: FileSystem;
  readonly crc32c: Crc32c;
}

export class StateFileReader {
  readonly path: string;
  readonly index: StateFileIndex;
  readonly #file: ReadableFile;
  readonly #crc32c: Crc32c;

  private constructor(path: string, file: ReadableFile, crc32c: Crc32c, index: StateFileIndex) {
    this.path = path;
    this.index = index;
    this.#file = file;
    this.#crc32c = crc32c;
  }

  /**
   * Checks all but the blocks. Errors: MR_SNAPSHOT_DAMAGED, also where there is no such file;
   * MR_SNAPSHOT_VERSION.
   */
  static async open(access: SnapshotAccess, state: StateFile): Promise<StateFileReader> {
    const path = join(state.folder, state.file);
    let file: ReadableFile | null = null;
    try {
      file = await access.fileSystem.open(path);
      const index = await readIndex(path, file, access.crc32c, state);
      return new StateFileReader(path, file, access.crc32c, index);
    } catch (error) {
      await file?.close();
      throw readFailure(path, error);
    }
  }

  /** In the order of the file, each checked before it is handed over. Errors: MR_SNAPSHOT_DAMAGED. */
  async *contents(selection: StateSelection = {}): AsyncGenerator<StateContent> {
    const blocks = this.index.blocks.filter((block) => this.#isWanted(block, selection));
    for await (const [block, payload] of this.#payloads(blocks))
      yield this.#content(block, payload);
  }

  /** Reads every block. Errors: MR_SNAPSHOT_DAMAGED. */
  async verify(): Promise<void> {
    for await (const _ of this.#payloads(this.index.blocks));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #isWanted(block: StateBlock, selection: StateSelection): boolean {
    const { operatorIds, kind, keyGroups } = selection;
    if (operatorIds?.has(this.index.operators[block.operator] as string) === false) return false;
    const isRows = block.section === STATE_SECTION_ROWS;
    if (kind !== undefined && isRows !== (kind === "rows")) return false;
    return !isRows || (keyGroups?.(block.firstKeyGroup, block.lastKeyGroup) ?? true);
  }

  /** A block is read while the one in front of it is looked at. */
  async *#payloads(
    blocks: readonly StateBlock[],
  ): AsyncGenerator<readonly [StateBlock, Uint8Array<ArrayBuffer>]> {
    let next = this.#read(blocks[0]);
    for (const [index, block] of blocks.entries()) {
      const bytes = await next;
      next = this.#read(blocks[index + 1]);
      yield [block, await this.#payload(block, bytes)];
    }
  }

  async #read(block: StateBlock | undefined): Promise<Uint8Array<ArrayBuffer> | Error> {
    if (block === undefined) return new Uint8Array(0);
    const length = STATE_BLOCK_HEADER_SIZE + block.storedLength;
    try {
      return await this.#file.read(block.offset, length);
    } catch (error) {
      // A value: nobody may be there to catch it, if the block in front is damaged.
      return readFailure(this.path, error);
    }
  }

  async #payload(
    block: StateBlock,
    bytes: Uint8Array<ArrayBuffer> | Error,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (bytes instanceof Error) throw bytes;
    const header = encodeBlockHeader(block);
    const stored = bytes.subarray(STATE_BLOCK_HEADER_SIZE);
    const crc = this.#crc32c.of(stored, this.#crc32c.of(header.subarray(0, STATE_BLOCK_CRC)));
    setBlockCrc(header, block.crc32c);
    const isHeader = Buffer.compare(bytes.subarray(0, STATE_BLOCK_HEADER_SIZE), header) === 0;
    if (!isHeader || stored.length !== block.storedLength || crc !== block.crc32c) {
      throw snapshotDamaged(this.path, `the checksum of the block at ${block.offset} is wrong`);
    }
    try {
      return await decodePayload(block, stored);
    } catch (error) {
      throw readFailure(this.path, error);
    }
  }

  #content(block: StateBlock, payload: Uint8Array<ArrayBuffer>): StateContent {
    const operatorId = this.index.operators[block.operator] as string;
    if (block.section === STATE_SECTION_ROWS) {
      const type = this.index.types[block.type] as BatchType;
      return { kind: "rows", operatorId, type, batch: payload };
    }
    try {
      return { kind: "operator-state", operatorId, entry: unpackEntry(payload) };
    } catch (error) {
      throw readFailure(this.path, error);
    }
  }
}

async function readIndex(
  path: string,
  file: ReadableFile,
  crc32c: Crc32c,
  state: StateFile,
): Promise<StateFileIndex> {
  const { lengthBytes } = file;
  const version = decodeHeader(crc32c, await file.read(0, STATE_HEADER_SIZE));
  if (version === null) throw snapshotDamaged(path, "its header is none of a state file");
  if (version > STATE_FILE_VERSION) throw snapshotTooNew(path, version, STATE_FILE_VERSION);
  if (lengthBytes !== state.lengthBytes) {
    throw snapshotDamaged(path, `it has ${lengthBytes} bytes, not ${state.lengthBytes}`);
  }
  const footer = await file.read(Math.max(0, lengthBytes - STATE_FOOTER_SIZE), STATE_FOOTER_SIZE);
  const place = decodeFooter(crc32c, footer, lengthBytes);
  if (typeof place === "string") throw snapshotDamaged(path, place);
  if (Buffer.from(footer).readUInt32LE(STATE_FOOTER_CRC) !== state.crc32c) {
    throw snapshotDamaged(path, "it is another file than the one the manifest names");
  }
  const bytes = await file.read(place.offset, place.length);
  if (crc32c.of(bytes) !== place.crc32c) {
    throw snapshotDamaged(path, "the checksum of its index is wrong");
  }
  const index = decodeIndex(bytes, place.offset);
  if (typeof index === "string") throw snapshotDamaged(path, index);
  return index;
}

function readFailure(path: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (errorCodeOf(error) === "ENOENT") return snapshotDamaged(path, "it is missing", error);
  const message = error instanceof Error ? error.message : String(error);
  return snapshotDamaged(path, `it cannot be read: ${message}`, error);
}
