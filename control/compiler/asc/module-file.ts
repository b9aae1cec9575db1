/**
 * A compiled module on disk. Little-endian.
 *
 *   offset  size  type   field    meaning
 *        0     4  u32    magic    MODULE_FILE_MAGIC
 *        4     4  u32    length   bytes of the module
 *        8    32  bytes  digest   SHA-256 of the module's key (ASCII) and the module
 *       40     -  bytes  module   nothing follows it
 *
 * The key is part of the digest, so that a file under another module's name is as bad as a damaged one.
 */
import { createHash } from "node:crypto";

export const MODULE_FILE_MAGIC = 0x314d524d; // "MRM1"
export const MODULE_FILE_LENGTH = 4;
export const MODULE_FILE_DIGEST = 8;
export const MODULE_FILE_MODULE = 40;

export function encodeModuleFile(key: string, wasm: Uint8Array): Uint8Array {
  const file = Buffer.alloc(MODULE_FILE_MODULE + wasm.byteLength);
  file.writeUInt32LE(MODULE_FILE_MAGIC, 0);
  file.writeUInt32LE(wasm.byteLength, MODULE_FILE_LENGTH);
  file.set(digestOf(key, wasm), MODULE_FILE_DIGEST);
  file.set(wasm, MODULE_FILE_MODULE);
  return file;
}

/** The module in memory of its own, or null when the file is not whole or not that of `key`. */
export function decodeModuleFile(key: string, file: Buffer): Uint8Array | null {
  if (file.byteLength < MODULE_FILE_MODULE) return null;
  const wasm = new Uint8Array(file.subarray(MODULE_FILE_MODULE));
  const isWhole =
    file.readUInt32LE(0) === MODULE_FILE_MAGIC &&
    file.readUInt32LE(MODULE_FILE_LENGTH) === wasm.byteLength &&
    digestOf(key, wasm).equals(file.subarray(MODULE_FILE_DIGEST, MODULE_FILE_MODULE));
  return isWhole ? wasm : null;
}

function digestOf(key: string, wasm: Uint8Array): Buffer {
  return createHash("sha256").update(key, "ascii").update(wasm).digest();
}
