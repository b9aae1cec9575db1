/** Blocks of a state file: their headers, their payloads, and how an entry of operator state is packed. */
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { packGeneric, unpackGeneric } from "../formats/generic.ts";
import type { OperatorStateEntry } from "../protocol/operator-state.ts";
import {
  STATE_BLOCK_CODEC,
  STATE_BLOCK_COUNT,
  STATE_BLOCK_CRC,
  STATE_BLOCK_FIRST_KEY_GROUP,
  STATE_BLOCK_HEADER_SIZE,
  STATE_BLOCK_LAST_KEY_GROUP,
  STATE_BLOCK_OPERATOR,
  STATE_BLOCK_RAW_LENGTH,
  STATE_BLOCK_SECTION,
  STATE_BLOCK_STORED_LENGTH,
  STATE_BLOCK_TYPE,
  STATE_CODEC_NONE,
} from "../protocol/state-file-layout.ts";

/** Fields of a block's header, as in state-file-layout.ts; the CRC apart. */
export interface StateBlockHeader {
  readonly section: number;
  readonly codec: number;
  readonly operator: number;
  readonly type: number;
  readonly firstKeyGroup: number;
  readonly lastKeyGroup: number;
  readonly count: number;
  readonly rawLength: number;
  readonly storedLength: number;
}

/** The header with room for its CRC at the end. */
export function encodeBlockHeader(block: StateBlockHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(STATE_BLOCK_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(STATE_BLOCK_SECTION, block.section, true);
  view.setUint16(STATE_BLOCK_CODEC, block.codec, true);
  view.setUint32(STATE_BLOCK_OPERATOR, block.operator, true);
  view.setUint32(STATE_BLOCK_TYPE, block.type, true);
  view.setUint32(STATE_BLOCK_FIRST_KEY_GROUP, block.firstKeyGroup, true);
  view.setUint32(STATE_BLOCK_LAST_KEY_GROUP, block.lastKeyGroup, true);
  view.setUint32(STATE_BLOCK_COUNT, block.count, true);
  view.setUint32(STATE_BLOCK_RAW_LENGTH, block.rawLength, true);
  view.setUint32(STATE_BLOCK_STORED_LENGTH, block.storedLength, true);
  return bytes;
}

export function setBlockCrc(header: Uint8Array, crc32c: number): void {
  new DataView(header.buffer, header.byteOffset).setUint32(STATE_BLOCK_CRC, crc32c, true);
}

const deflate = promisify(deflateRaw) as (
  bytes: Uint8Array,
  options: { readonly level: number },
) => Promise<Uint8Array>;
const inflate = promisify(inflateRaw) as (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
) => Promise<Uint8Array<ArrayBuffer>>;

/** Higher levels take several times as long for a few percent. */
const DEFLATE_LEVEL = 1;

export function deflatePayload(raw: Uint8Array): Promise<Uint8Array> {
  return deflate(raw, { level: DEFLATE_LEVEL });
}

/** Rejects where the bytes are none that deflate wrote, or more than they should be. */
export async function decodePayload(
  { codec, rawLength }: StateBlockHeader,
  stored: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (codec === STATE_CODEC_NONE) return stored;
  const raw = await inflate(stored, { maxOutputLength: Math.max(rawLength, 1) });
  if (raw.length !== rawLength) throw new RangeError(`${raw.length} of ${rawLength} bytes`);
  return raw;
}

/** Errors: MR_TYPE_UNSUPPORTED. */
export function packEntry(operator: string, entry: OperatorStateEntry): Uint8Array<ArrayBuffer> {
  const { name, mode, values } = entry;
  const place = { operator, path: `operator state ${name}` };
  // A copy: the packer uses its buffer again.
  return Uint8Array.from(packGeneric([name, mode, values], place));
}

/** Throws where the bytes are no entry. */
export function unpackEntry(bytes: Uint8Array): OperatorStateEntry {
  const value = unpackGeneric(bytes);
  const [name, mode, values] = (Array.isArray(value) ? value : []) as unknown[];
  const isMode = mode === "split" || mode === "union" || mode === "broadcast";
  if (typeof name === "string" && isMode && Array.isArray(values)) return { name, mode, values };
  throw new TypeError("a block of operator state holds something else");
}
