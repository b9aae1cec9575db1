/**
 * The index of a state file: all there is to know of its blocks without reading them. Text, so that it
 * can be looked at:
 *
 *   {"operators": [ids], "types": [BatchTypes], "blocks": [[section, codec, operator, type, firstKeyGroup,
 *     lastKeyGroup, count, rawLength, storedLength, crc32c], …]}
 *
 * Blocks lie one behind the other in this order, the first one behind the file's header.
 */
import type { BatchType } from "../protocol/deployment.ts";
import {
  STATE_BLOCK_HEADER_SIZE,
  STATE_CODEC_DEFLATE,
  STATE_CODEC_NONE,
  STATE_HEADER_SIZE,
  STATE_SECTION_IN_FLIGHT,
  STATE_SECTION_OPERATOR_STATE,
  STATE_SECTION_ROWS,
} from "../protocol/state-file-layout.ts";
import type { StateBlockHeader } from "./state-block.ts";

export interface StateBlock extends StateBlockHeader {
  /** Where its header is. */
  readonly offset: number;
  readonly crc32c: number;
}

export interface StateFileIndex {
  readonly operators: readonly string[];
  readonly types: readonly BatchType[];
  readonly blocks: readonly StateBlock[];
}

export function encodeIndex({ operators, types, blocks }: StateFileIndex): Uint8Array {
  const rows = blocks.map((block) => [
    block.section,
    block.codec,
    block.operator,
    block.type,
    block.firstKeyGroup,
    block.lastKeyGroup,
    block.count,
    block.rawLength,
    block.storedLength,
    block.crc32c,
  ]);
  return Buffer.from(JSON.stringify({ operators, types, blocks: rows }));
}

/** @returns the index, or why it is none. @param end where the blocks end */
export function decodeIndex(bytes: Uint8Array, end: number): StateFileIndex | string {
  const { operators, types, blocks } = JSON.parse(Buffer.from(bytes).toString("utf8")) as {
    readonly operators: readonly string[];
    readonly types: readonly BatchType[];
    readonly blocks: readonly (readonly number[])[];
  };
  const index: StateBlock[] = [];
  let offset = STATE_HEADER_SIZE;
  for (const numbers of blocks) {
    const block = blockOf(numbers, offset);
    const reason = refusal(block, operators.length, types.length);
    if (reason !== null) return `block ${index.length} at ${offset}: ${reason}`;
    index.push(block);
    offset += STATE_BLOCK_HEADER_SIZE + block.storedLength;
  }
  if (offset !== end) return `its blocks end at ${offset}, its index begins at ${end}`;
  return { operators, types, blocks: index };
}

function blockOf(numbers: readonly number[], offset: number): StateBlock {
  const [section = 0, codec = 0, operator = 0, type = 0, firstKeyGroup = 0] = numbers;
  const [lastKeyGroup = 0, count = 0, rawLength = 0, storedLength = 0, crc32c = 0] =
    numbers.slice(5);
  return {
    offset,
    section,
    codec,
    operator,
    type,
    firstKeyGroup,
    lastKeyGroup,
    count,
    rawLength,
    storedLength,
    crc32c,
  };
}

/** Nothing this version writes; a CRC that is right does not make it so. */
function refusal(block: StateBlock, operators: number, types: number): string | null {
  const isRows = block.section === STATE_SECTION_ROWS;
  if (block.section === STATE_SECTION_IN_FLIGHT)
    return "frames under way of an unaligned checkpoint";
  if (!isRows && block.section !== STATE_SECTION_OPERATOR_STATE) return `section ${block.section}`;
  if (block.codec !== STATE_CODEC_NONE && block.codec !== STATE_CODEC_DEFLATE) {
    return `codec ${block.codec}`;
  }
  if (block.operator >= operators) return `operator ${block.operator} of ${operators}`;
  if (isRows && block.type >= types) return `type ${block.type} of ${types}`;
  return null;
}
