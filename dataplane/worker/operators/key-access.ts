/**
 * The key of a row as JavaScript state sees it: a value that is the same for equal keys in a Map, the
 * canonical bytes for snapshots, and the key group.
 */
import { javaHash, keyGroupOfHash } from "../../formats/java-hash.ts";
import { checkKey, decodeKey, KeyEncoder, type KeyPlace } from "../../formats/key-codec.ts";
import type { RowReader } from "../../formats/row-reader.ts";
import type { Schema } from "../../memory/schema.ts";
import type { BatchType, KeySpec } from "../../protocol/deployment.ts";
import type { DataType } from "../../protocol/types.ts";

/** Key of a Map: the key itself where it is surely a scalar, else its canonical bytes as a string. */
export type StateKey = unknown;

/** All records have one key: state of a stream without key, in one subtask. */
export interface OneKey {
  readonly kind: "one";
}

/** As in Flink, a zero. */
const ONLY_KEY = 0;

export interface KeyAccessOptions {
  readonly key: KeySpec | OneKey;
  /** Declared type of the input; null = found at run time. */
  readonly inputType: BatchType | null;
  readonly maxParallelism: number;
  readonly operatorName: string;
}

export class KeyAccess {
  readonly #options: KeyAccessOptions;
  readonly #encoder = new KeyEncoder();
  readonly #place: KeyPlace;
  /** State keys are canonical bytes. */
  readonly #isTextual: boolean;
  /** Of the only key. */
  readonly #onlyGroup: number | null;
  #schema: Schema | null = null;
  #fieldsOf: ((record: unknown) => unknown) | null = null;
  #type: DataType | null = null;
  #key: unknown;

  constructor(options: KeyAccessOptions) {
    const { key, inputType, maxParallelism } = options;
    this.#options = options;
    this.#place = { operator: options.operatorName, row: 0 };
    this.#onlyGroup = key.kind === "one" ? keyGroupOfHash(ONLY_KEY, maxParallelism) : null;
    if (key.kind === "one") this.#isTextual = false;
    else if (key.kind === "fields") this.#isTextual = key.fields.length > 1;
    else this.#isTextual = !SCALAR_KEYS.has(inputType?.key?.kind);
  }

  useSchema(schema: Schema): void {
    if (this.#schema === schema) return;
    const { key } = this.#options;
    this.#schema = schema;
    if (key.kind === "one") return;
    if (key.kind === "key-column") {
      this.#fieldsOf = null;
      this.#type = schema.type.key;
      if (this.#type === null) throw new TypeError("the rows have no key column");
      return;
    }
    const types = key.fields.map((index) => fieldType(schema, index));
    const [first] = types;
    this.#fieldsOf = fieldsReader(schema.type.record, key.fields);
    this.#type =
      types.length === 1 && first !== undefined ? first : { kind: "TUPLE", fields: types };
  }

  /** Errors: MR_KEY_NULL, MR_KEY_NAN, MR_KEY_TYPE. */
  stateKeyOf(record: unknown, reader: RowReader, row: number): StateKey {
    if (this.#onlyGroup !== null) return ONLY_KEY;
    const key = this.#fieldsOf === null ? reader.readKey(row) : this.#fieldsOf(record);
    this.#key = key;
    if (key instanceof Uint8Array) return textOf(key);
    this.#place.row = row;
    if (this.#isTextual) return textOf(this.#encoder.encode(key, this.#place));
    checkKey(key, this.#place);
    return key;
  }

  /** Of the row that stateKeyOf() was asked for last: from the batch where it has key groups, else computed. */
  keyGroupOf(reader: RowReader, row: number): number {
    if (this.#onlyGroup !== null) return this.#onlyGroup;
    const known = reader.readKeyGroup(row);
    if (known >= 0) return known;
    const key = this.#key;
    const hash =
      key instanceof Uint8Array ? javaHash(decodeKey(key), null) : javaHash(key, this.#type);
    return keyGroupOfHash(hash, this.#options.maxParallelism);
  }

  /** Canonical bytes of a state key. Valid until the next call. */
  encode(stateKey: StateKey): Uint8Array {
    if (this.#isTextual) return Buffer.from(stateKey as string, "latin1");
    return this.#encoder.encode(stateKey, this.#place);
  }

  decode(bytes: Uint8Array): StateKey {
    return this.#isTextual ? textOf(bytes) : decodeKey(bytes);
  }

  /** The key as the program sees it. */
  valueOf(stateKey: StateKey): unknown {
    return this.#isTextual ? decodeKey(Buffer.from(stateKey as string, "latin1")) : stateKey;
  }
}

const SCALAR_KEYS: ReadonlySet<DataType["kind"] | undefined> = new Set([
  "STRING",
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
  "TIMESTAMP",
  "BOOLEAN",
]);

function fieldType(schema: Schema, index: number): DataType {
  const field = schema.fields[index];
  if (field === undefined) throw new TypeError(`there is no key field ${index}`);
  return field.type;
}

/** The key's value from the record: one field, or an array of several. */
function fieldsReader(record: DataType, fields: readonly number[]): (record: unknown) => unknown {
  const names = fields.map((index) => (record.kind === "ROW" ? record.fields[index]?.name : index));
  if (record.kind !== "TUPLE" && record.kind !== "ROW") {
    return fields.length === 1 ? (value) => value : (value) => fields.map(() => value);
  }
  const [only] = names;
  if (names.length === 1) return (value) => (value as Fields)[only as string];
  return (value) => names.map((name) => (value as Fields)[name as string]);
}

type Fields = Readonly<Record<string, unknown>>;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
