/** i64 in linear memory without BigInt where the value is a safe integer. */
import type { TaskMemory } from "./task-memory.ts";

const TWO_32 = 4294967296;

/** @param value a bigint, or an integer number below 2^63 in magnitude */
export function writeI64(memory: TaskMemory, ptr: number, value: number | bigint): void {
  if (typeof value === "bigint") {
    memory.i64[ptr >>> 3] = value;
    return;
  }
  const at = ptr >>> 2;
  memory.i32[at] = value;
  memory.i32[at + 1] = Math.floor(value / TWO_32);
}

/** A number, or a bigint where the magnitude exceeds 2^53 - 1. */
export function readI64(memory: TaskMemory, ptr: number): number | bigint {
  const at = ptr >>> 2;
  const high = memory.i32[at + 1] as number;
  if (high < 0x200000 && high >= -0x200000) {
    const value = high * TWO_32 + (memory.u32[at] as number);
    if (value !== -9007199254740992) return value;
  }
  return memory.i64[ptr >>> 3] as bigint;
}
