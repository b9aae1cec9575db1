/**
 * Where the key and the fields of an entry lie in its slot: from types alone, never from code, so that
 * any version of the kernels can go on with the same state. See protocol/table-layout.ts.
 */
import type { Schema } from "../../memory/schema.ts";
import {
  PHYSICAL_BINARY,
  PHYSICAL_BOOL,
  PHYSICAL_F64,
  PHYSICAL_I32,
  PHYSICAL_I64,
  PHYSICAL_STRUCT,
  PHYSICAL_UTF8,
} from "../../protocol/batch-layout.ts";
import type { KeySpec } from "../../protocol/deployment.ts";
import { SESSION_SIZE } from "../../protocol/session-layout.ts";
import {
  SLOT_FIELDS,
  SLOT_FLAGS,
  SLOT_KEY_WORD,
  TABLE_FIELD_COLUMN,
  TABLE_FIELD_IS_KEY,
  TABLE_FIELD_OFFSET,
  TABLE_FIELD_PHYSICAL,
  TABLE_FIELD_SIZE,
  TABLE_KEY_BYTES,
  TABLE_KEY_COLUMN,
  TABLE_KEY_COMPOSITE,
  TABLE_KEY_INLINE,
  TABLE_KEY_PHYSICAL,
  TABLE_KEY_SIZE,
  TABLE_LAYOUT_FIELD_COUNT,
  TABLE_LAYOUT_FLAGS_OFFSET,
  TABLE_LAYOUT_HIDDEN_KEY,
  TABLE_LAYOUT_KEY_COUNT,
  TABLE_LAYOUT_KEY_KIND,
  TABLE_LAYOUT_KEYS,
  TABLE_LAYOUT_MARK_OFFSET,
  TABLE_LAYOUT_SLOT_SIZE,
  TABLE_LAYOUT_TIMESTAMP_OFFSET,
  TABLE_LAYOUT_VARIABLE_COUNT,
  TABLE_NONE,
} from "../../protocol/table-layout.ts";

export interface SlotOptions {
  /** Fields that change apart from the key and so need room of their own even if the key holds them. */
  readonly ownFields: readonly number[];
  /** Whether entries keep the time of their key's last record. */
  readonly keepsTimestamp: boolean;
  /** Whether kernels need a word of scratch per entry. */
  readonly hasMark: boolean;
  /** Whether slots have an area for a session (protocol/session-layout.ts). */
  readonly hasSession?: boolean;
}

interface SlotField {
  readonly column: number;
  readonly physical: number;
  readonly isKey: boolean;
  offset: number;
}

interface KeyPart {
  readonly column: number;
  readonly physical: number;
}

const BITS_PER_WORD = 32;

/** The layout descriptor, to be copied to linear memory. */
export function layoutSlots(schema: Schema, key: KeySpec, options: SlotOptions): Uint32Array {
  const keys = keyParts(schema, key);
  const keyKind = keyKindOf(keys);
  const fields = schema.fields.map((field, index): SlotField => {
    const physical = physicalOf(schema, field.column);
    const isKey = !options.ownFields.includes(index) && holdsField(keys, field.column, physical);
    return { column: field.column, physical, isKey, offset: SLOT_KEY_WORD };
  });
  const flagsOffset = flagsWordsOf(fields.length) === 1 ? SLOT_FLAGS : SLOT_FIELDS;
  let end = sessionArea(fields.length) + (options.hasSession === true ? SESSION_SIZE : 0);
  const take = (bytes: number): number => {
    end += bytes;
    return end - bytes;
  };
  const timestampOffset = options.keepsTimestamp ? take(8) : 0;
  const own = fields.filter((field) => !field.isKey);
  for (const bytes of [8, 4, 1]) {
    for (const field of own) if (widthOf(field.physical) === bytes) field.offset = take(bytes);
    if (bytes === 4 && options.hasMark) end += 4;
  }
  // The mark lies behind the last 4-byte field and in front of the booleans.
  const booleans = own.filter((field) => field.physical === PHYSICAL_BOOL).length;
  const markOffset = options.hasMark ? end - booleans - 4 : 0;
  return describe(keys, fields, {
    [TABLE_LAYOUT_SLOT_SIZE]: align8(end),
    [TABLE_LAYOUT_KEY_KIND]: keyKind,
    [TABLE_LAYOUT_FLAGS_OFFSET]: flagsOffset,
    [TABLE_LAYOUT_TIMESTAMP_OFFSET]: timestampOffset,
    [TABLE_LAYOUT_MARK_OFFSET]: markOffset,
    [TABLE_LAYOUT_HIDDEN_KEY]: key.kind === "key-column" ? schema.keyColumn : TABLE_NONE,
  });
}

/** Offset of the area for a session, in slots that have one, by the number of fields. */
export function sessionArea(fieldCount: number): number {
  const flagsWords = flagsWordsOf(fieldCount);
  return flagsWords === 1 ? SLOT_FIELDS : align8(SLOT_FIELDS + 4 * flagsWords);
}

/** A bit per field, and one for the timestamp. */
function flagsWordsOf(fieldCount: number): number {
  return Math.ceil((fieldCount + 1) / BITS_PER_WORD);
}

/** Columns whose values make the key, structs among them included; a TypeError if there can be no such key. */
function keyParts(schema: Schema, key: KeySpec): readonly KeyPart[] {
  if (key.kind === "key-column" && schema.keyColumn < 0)
    throw new TypeError("the rows have no key column");
  const roots =
    key.kind === "key-column"
      ? [schema.keyColumn]
      : key.fields.map((index) => {
          const field = schema.fields[index];
          if (field === undefined) throw new TypeError(`there is no key field ${index}`);
          return field.column;
        });
  return roots.flatMap((root) => {
    const size = schema.columns[root]?.subtreeSize ?? 0;
    return Array.from({ length: size }, (_, offset) => {
      const column = root + offset;
      if (schema.columns[column]?.isInList === true) throw new TypeError("a list cannot be a key");
      return { column, physical: physicalOf(schema, column) };
    });
  });
}

function keyKindOf(keys: readonly KeyPart[]): number {
  const [first, second] = keys;
  if (first === undefined) throw new TypeError("a key needs a column");
  if (second !== undefined || first.physical === PHYSICAL_STRUCT) return TABLE_KEY_COMPOSITE;
  return isBytes(first.physical) ? TABLE_KEY_BYTES : TABLE_KEY_INLINE;
}

/** Whether the key word is the field's value to the last bit: not so for doubles, where -0 is 0. */
function holdsField(keys: readonly KeyPart[], column: number, physical: number): boolean {
  return keys.length === 1 && keys[0]?.column === column && physical !== PHYSICAL_F64;
}

function isBytes(physical: number): boolean {
  return physical === PHYSICAL_UTF8 || physical === PHYSICAL_BINARY;
}

/** Bytes in the slot; whatever is no fixed-width value is the address of a block. */
function widthOf(physical: number): number {
  if (physical === PHYSICAL_I64 || physical === PHYSICAL_F64) return 8;
  return physical === PHYSICAL_BOOL ? 1 : 4;
}

function ownsBlock({ isKey, physical }: SlotField): boolean {
  return !isKey && widthOf(physical) === 4 && physical !== PHYSICAL_I32;
}

function physicalOf(schema: Schema, column: number): number {
  const physical = schema.columns[column]?.physical;
  if (physical === undefined) throw new TypeError(`there is no column ${column}`);
  return physical;
}

function describe(
  keys: readonly KeyPart[],
  fields: readonly SlotField[],
  header: Readonly<Record<number, number>>,
): Uint32Array {
  const variable = fields.filter(ownsBlock);
  const fieldsAt = TABLE_LAYOUT_KEYS + keys.length * TABLE_KEY_SIZE;
  const variableAt = fieldsAt + fields.length * TABLE_FIELD_SIZE;
  const words = new Uint32Array(variableAt / 4 + variable.length);
  for (const [offset, value] of Object.entries(header)) words[Number(offset) / 4] = value;
  words[TABLE_LAYOUT_KEY_COUNT / 4] = keys.length;
  words[TABLE_LAYOUT_FIELD_COUNT / 4] = fields.length;
  words[TABLE_LAYOUT_VARIABLE_COUNT / 4] = variable.length;
  keys.forEach((key, index) => {
    const at = TABLE_LAYOUT_KEYS + index * TABLE_KEY_SIZE;
    words[(at + TABLE_KEY_COLUMN) / 4] = key.column;
    words[(at + TABLE_KEY_PHYSICAL) / 4] = key.physical;
  });
  fields.forEach((field, index) => {
    const at = fieldsAt + index * TABLE_FIELD_SIZE;
    words[(at + TABLE_FIELD_COLUMN) / 4] = field.column;
    words[(at + TABLE_FIELD_PHYSICAL) / 4] = field.physical;
    words[(at + TABLE_FIELD_OFFSET) / 4] = field.offset;
    words[(at + TABLE_FIELD_IS_KEY) / 4] = field.isKey ? 1 : 0;
  });
  variable.forEach((field, index) => {
    words[variableAt / 4 + index] = field.offset;
  });
  return words;
}

function align8(bytes: number): number {
  return (bytes + 7) & ~7;
}
