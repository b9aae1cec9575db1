/**
 * Writes the state file of one subtask (protocol/state-file-layout.ts), while more of it comes.
 *
 * Invariants: blocks lie in the file in the order they were handed over; after the first failure nothing
 * more is written, and finish() says what it was; the file is removed unless finish() answers it. The CRC of
 * what comes next is computed while what was is written.
 */
import { join } from "node:path";
import type { Crc32c } from "../memory/crc32c.ts";
import { BATCH_ROW_COUNT } from "../protocol/batch-layout.ts";
import { crashPoint } from "../protocol/crash-point.ts";
import type { BatchType } from "../protocol/deployment.ts";
import type { EngineError } from "../protocol/errors.ts";
import type { OperatorStateEntry } from "../protocol/operator-state.ts";
import type { StateFile } from "../protocol/state-file.ts";
import {
  STATE_BLOCK_CRC,
  STATE_BLOCK_HEADER_SIZE,
  STATE_CODEC_DEFLATE,
  STATE_CODEC_NONE,
  STATE_HEADER_SIZE,
  STATE_SECTION_OPERATOR_STATE,
  STATE_SECTION_ROWS,
} from "../protocol/state-file-layout.ts";
import type { FileSystem, WritableFile } from "./file-system.ts";
import { storageFailed } from "./snapshot-errors.ts";
import { type FileOutput, SNAPSHOT_WINDOW_BYTES } from "./snapshot-output.ts";
import { deflatePayload, encodeBlockHeader, packEntry, setBlockCrc } from "./state-block.ts";
import { encodeFooter, encodeHeader } from "./state-file-ends.ts";
import { encodeIndex, type StateBlock } from "./state-file-index.ts";

/** Bytes, and parts, gathered for one write. */
const WRITE_BYTES = 1_048_576;
const WRITE_PARTS = 512;

export interface StateFileTarget {
  readonly fileSystem: FileSystem;
  readonly crc32c: Crc32c;
  /** There already. */
  readonly folder: string;
  readonly file: string;
  readonly compress: boolean;
}

/** A block that has not been written: its header without codec, stored length and place. */
interface RawBlock
  extends Omit<StateBlock, "offset" | "crc32c" | "codec" | "rawLength" | "storedLength"> {
  readonly raw: Uint8Array;
}

export class StateFileWriter implements FileOutput {
  readonly #target: StateFileTarget;
  readonly #operators = new Map<string, number>();
  readonly #types = new Map<string, number>();
  readonly #blocks: StateBlock[] = [];
  readonly #queue: RawBlock[] = [];
  #file: WritableFile | null = null;
  #offset = STATE_HEADER_SIZE;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  /** Of the gathered blocks, before they were compressed. */
  #gatheredRawBytes = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  /** Handed over and not written. */
  #waitingBytes = 0;
  #roomWaiters: (() => void)[] = [];
  #work: Promise<void> | null = null;
  #failure: EngineError | null = null;

  constructor(target: StateFileTarget) {
    this.#target = target;
  }

  rows(
    operatorId: string,
    type: BatchType,
    batch: Uint8Array<ArrayBuffer>,
    firstKeyGroup: number,
    lastKeyGroup: number,
  ): void {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
    this.#enqueue({
      section: STATE_SECTION_ROWS,
      operator: numberOf(this.#operators, operatorId),
      type: numberOf(this.#types, JSON.stringify(type)),
      firstKeyGroup,
      lastKeyGroup,
      count: view.getUint32(BATCH_ROW_COUNT, true),
      raw: batch,
    });
  }

  operatorState(operatorId: string, entries: readonly OperatorStateEntry[]): void {
    for (const entry of entries) {
      this.packedEntry(operatorId, entry.values.length, packEntry(operatorId, entry));
    }
  }

  /** An entry that was packed elsewhere. */
  packedEntry(operatorId: string, count: number, raw: Uint8Array): void {
    this.#enqueue({
      section: STATE_SECTION_OPERATOR_STATE,
      operator: numberOf(this.#operators, operatorId),
      type: 0,
      firstKeyGroup: 0,
      lastKeyGroup: 0,
      count,
      raw,
    });
  }

  room(): Promise<void> | null {
    if (this.#waitingBytes < SNAPSHOT_WINDOW_BYTES) return null;
    return new Promise((resolve) => this.#roomWaiters.push(resolve));
  }

  async finish(): Promise<StateFile | null> {
    await this.#work;
    if (this.#failure === null && this.#file === null) return null;
    const state = await this.#attempt(() => this.#end());
    if (state !== null) return state;
    await this.abort();
    throw this.#failure;
  }

  async abort(): Promise<void> {
    this.#fail(new Error("The snapshot was aborted"));
    await this.#work;
    // Its failure is #failure, which finish() reports.
    await this.#lastWrite.catch(() => undefined);
    if (this.#file === null) return;
    // Whoever clears the folder finds what could not be removed.
    await this.#file.close().catch(() => undefined);
    await this.#target.fileSystem.remove(this.#path).catch(() => undefined);
  }

  get #path(): string {
    return join(this.#target.folder, this.#target.file);
  }

  #enqueue(block: RawBlock): void {
    if (this.#failure !== null) return;
    this.#queue.push(block);
    this.#waitingBytes += block.raw.length;
    this.#work ??= this.#attempt(() => this.#writeQueue()).then(() => {
      this.#work = null;
    });
  }

  /** null = it failed, now or before. */
  async #attempt<T>(action: () => Promise<T>): Promise<T | null> {
    if (this.#failure !== null) return null;
    try {
      return await action();
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= storageFailed(this.#path, error);
    this.#queue.length = 0;
    this.#giveRoom(this.#waitingBytes);
  }

  async #writeQueue(): Promise<void> {
    if (this.#file === null) {
      this.#file = await this.#target.fileSystem.create(this.#path);
      crashPoint("state-file/created");
      this.#gather(encodeHeader(this.#target.crc32c));
    }
    for (let block = this.#queue.shift(); block !== undefined; block = this.#queue.shift()) {
      await this.#addBlock(block);
      if (this.#gatheredBytes >= WRITE_BYTES || this.#gathered.length >= WRITE_PARTS) {
        await this.#write();
      }
      if (this.#failure !== null) return;
    }
  }

  async #addBlock({ raw, ...fields }: RawBlock): Promise<void> {
    const deflated = this.#target.compress ? await deflatePayload(raw) : raw;
    const isSmaller = deflated.length < raw.length;
    const stored = isSmaller ? deflated : raw;
    const codec = isSmaller ? STATE_CODEC_DEFLATE : STATE_CODEC_NONE;
    const block = { ...fields, codec, rawLength: raw.length, storedLength: stored.length };
    const header = encodeBlockHeader(block);
    const { crc32c: crc } = this.#target;
    const crc32c = crc.of(stored, crc.of(header.subarray(0, STATE_BLOCK_CRC)));
    setBlockCrc(header, crc32c);
    this.#blocks.push({ ...block, offset: this.#offset, crc32c });
    this.#offset += STATE_BLOCK_HEADER_SIZE + stored.length;
    this.#gather(header);
    this.#gather(stored);
    this.#gatheredRawBytes += raw.length;
  }

  #gather(bytes: Uint8Array): void {
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
  }

  /** Begins to write what is gathered, once what was gathered before is written. */
  async #write(): Promise<void> {
    await this.#lastWrite;
    if (this.#file === null) return;
    const parts = this.#gathered;
    const rawBytes = this.#gatheredRawBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#gatheredRawBytes = 0;
    this.#lastWrite = this.#file.write(parts).then(() => this.#giveRoom(rawBytes));
    this.#lastWrite.catch((error) => this.#fail(error));
  }

  #giveRoom(bytes: number): void {
    this.#waitingBytes = Math.max(0, this.#waitingBytes - bytes);
    if (this.#waitingBytes >= SNAPSHOT_WINDOW_BYTES) return;
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  async #end(): Promise<StateFile> {
    const { crc32c, folder, file } = this.#target;
    const index = encodeIndex({
      operators: [...this.#operators.keys()],
      types: [...this.#types.keys()].map((text) => JSON.parse(text) as BatchType),
      blocks: this.#blocks,
    });
    const footer = encodeFooter(crc32c, { indexOffset: this.#offset, index });
    this.#gather(index);
    this.#gather(footer.bytes);
    crashPoint("state-file/before-end");
    await this.#write();
    await this.#lastWrite;
    crashPoint("state-file/before-sync");
    await this.#file?.sync();
    await this.#file?.close();
    crashPoint("state-file/synced");
    const { fileLength: lengthBytes } = footer;
    return { kind: "file", folder, file, lengthBytes, crc32c: footer.crc32c };
  }
}

function numberOf(numbers: Map<string, number>, name: string): number {
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, numbers.size);
  return numbers.size - 1;
}
