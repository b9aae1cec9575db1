/** Shapes of JSON documents as the static blocks the parser reads: see protocol/json-shape-layout.ts. */
import { encodeWtf8, wtf8Length } from "../../../dataplane/formats/wtf8.ts";
import * as layout from "../../../dataplane/protocol/json-shape-layout.ts";
import type { IrType, JsonField, JsonShape, LocalId } from "../ir.ts";
import { type Machine, machineOf } from "./columns.ts";
import type { ModuleSource } from "./module-source.ts";

export interface JsonShapeBlock {
  readonly bytes: Uint8Array;
  readonly stateBytes: number;
  readonly slots: readonly JsonSlot[];
}

/** Where the state has the value of a local. */
export interface JsonSlot {
  readonly id: LocalId;
  readonly type: IrType;
  readonly offset: number;
}

/** Where a local's value is; every scalar of a shape has one. */
export function slotOffset(slots: readonly JsonSlot[], id: LocalId): number {
  const slot = slots.find((each) => each.id === id);
  if (slot === undefined) throw new TypeError(`local ${id} has no slot`);
  return slot.offset;
}

const SLOT_SIZE = 8;
/** Keys that a plan has room for besides those that are known. */
const PLAN_UNKNOWN_KEYS = 8;

const KINDS: Readonly<Record<Machine, number>> = {
  f64: layout.JSON_F64,
  i64: layout.JSON_I64,
  i32: layout.JSON_I32,
  bool: layout.JSON_BOOL,
  text: layout.JSON_TEXT,
};

/** Sets the source's refusal, if a record has too many fields. */
export function jsonShapeBlock(shape: JsonShape, source: ModuleSource): JsonShapeBlock {
  const slots = slotsOf(shape).map((slot, index) => ({ ...slot, offset: index * SLOT_SIZE }));
  const writer = new ShapeWriter(slots);
  writer.writeRoot(shape);
  if (writer.isTooWide) {
    source.refusal = `JSON objects of more than ${layout.JSON_MEMBERS_MAX} fields`;
  }
  return { bytes: writer.bytes(), stateBytes: writer.stateBytes, slots };
}

function slotsOf(shape: JsonShape): readonly Omit<JsonSlot, "offset">[] {
  switch (shape.kind) {
    case "any":
      return [];
    case "scalar":
      return [{ id: shape.id, type: shape.type }];
    case "object":
      return shape.fields.flatMap((field) => slotsOf(field.shape));
    case "array":
      return shape.items.flatMap(slotsOf);
  }
}

class ShapeWriter {
  #view = new DataView(new ArrayBuffer(layout.JSON_HEADER_SIZE));
  readonly #slots: readonly JsonSlot[];
  /** Of the state, as far as it is given out. */
  stateBytes: number;
  isTooWide = false;

  constructor(slots: readonly JsonSlot[]) {
    this.#slots = slots;
    this.stateBytes = Math.max(slots.length, 1) * SLOT_SIZE;
    this.#view.setUint32(layout.JSON_SLOT_BYTES, slots.length * SLOT_SIZE, true);
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer);
  }

  writeRoot(shape: JsonShape): void {
    this.#writeMember(layout.JSON_ROOT, "", shape);
  }

  #writeMember(at: number, name: string, shape: JsonShape): void {
    const [kind, target] = this.#contentOf(shape);
    const nameBytes = wtf8Length(name);
    const nameAt = this.#grow(nameBytes);
    encodeWtf8(this.bytes(), nameAt, name, 0);
    this.#view.setUint32(at + layout.JSON_MEMBER_NAME, nameAt, true);
    this.#view.setUint16(at + layout.JSON_MEMBER_NAME_BYTES, nameBytes, true);
    this.#view.setUint16(at + layout.JSON_MEMBER_KIND, kind, true);
    this.#view.setUint32(at + layout.JSON_MEMBER_TARGET, target, true);
  }

  /** Kind and target of a member. */
  #contentOf(shape: JsonShape): readonly [kind: number, target: number] {
    switch (shape.kind) {
      case "any":
        return [layout.JSON_ANY, 0];
      case "scalar": {
        const machine = machineOf(shape.type);
        if (machine === "list") throw new TypeError("a list is no scalar of JSON");
        return [KINDS[machine], slotOffset(this.#slots, shape.id)];
      }
      case "object":
        return [layout.JSON_OBJECT, this.#writeObject(shape.fields, shape.isClosed)];
      case "array":
        return [layout.JSON_ARRAY, this.#writeArray(shape.items)];
    }
  }

  #writeObject(fields: readonly JsonField[], isClosed: boolean): number {
    const count = fields.length;
    if (count > layout.JSON_MEMBERS_MAX) this.isTooWide = true;
    const at = this.#grow(layout.JSON_OBJECT_MEMBERS + count * layout.JSON_MEMBER_SIZE);
    const plan = alignUp(this.stateBytes, 16);
    const planEntries = count + PLAN_UNKNOWN_KEYS;
    this.stateBytes = plan + layout.JSON_PLAN_HEADER_SIZE + planEntries * layout.JSON_ENTRY_SIZE;
    const required = fields.reduce(
      (bits, { shape }, index) => (shape.kind === "any" ? bits : bits | (1n << BigInt(index))),
      0n,
    );
    fields.forEach(({ name, shape }, index) => {
      const member = at + layout.JSON_OBJECT_MEMBERS + index * layout.JSON_MEMBER_SIZE;
      this.#writeMember(member, name, shape);
    });
    this.#view.setUint32(at + layout.JSON_MEMBER_COUNT, count, true);
    this.#view.setUint32(at + layout.JSON_OBJECT_CLOSED, isClosed ? 1 : 0, true);
    this.#view.setUint32(at + layout.JSON_OBJECT_PLAN, plan, true);
    this.#view.setUint32(at + layout.JSON_OBJECT_PLAN_CAPACITY, planEntries, true);
    this.#view.setBigUint64(at + layout.JSON_OBJECT_REQUIRED, required, true);
    return at;
  }

  #writeArray(items: readonly JsonShape[]): number {
    const at = this.#grow(layout.JSON_ARRAY_MEMBERS + items.length * layout.JSON_MEMBER_SIZE);
    items.forEach((item, index) => {
      const member = at + layout.JSON_ARRAY_MEMBERS + index * layout.JSON_MEMBER_SIZE;
      this.#writeMember(member, "", item);
    });
    this.#view.setUint32(at + layout.JSON_MEMBER_COUNT, items.length, true);
    return at;
  }

  /** Adds zeros; answers where they begin, 8-byte aligned. */
  #grow(bytes: number): number {
    const old = this.bytes();
    const at = alignUp(old.length, 8);
    const grown = new Uint8Array(at + bytes);
    grown.set(old);
    this.#view = new DataView(grown.buffer);
    return at;
  }
}

function alignUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
