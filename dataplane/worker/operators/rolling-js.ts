/**
 * sum, min, max, minBy and maxBy in JavaScript, with the results of the kernels (assembly/rolling.ts):
 * sum, min and max keep the other fields of the key's first record, minBy and maxBy answer a whole
 * record. The aggregated field must not be null.
 */
import { kindText, typeText } from "../../formats/type-text.ts";
import type { Schema } from "../../memory/schema.ts";
import type { OperatorSpec } from "../../protocol/deployment.ts";
import { EngineError } from "../../protocol/errors.ts";
import type { DataType } from "../../protocol/types.ts";
import type { Fold } from "./fold-head.ts";
import { type Add, adderOf, compareValues } from "./rolling-values.ts";

export type RollingSpec = Extract<OperatorSpec, { readonly kind: "rolling" }>;
type Folding = Pick<RollingSpec, "name" | "function" | "field" | "first">;

type Fields = Readonly<Record<string, unknown>>;

const SUMMABLE: ReadonlySet<DataType["kind"]> = new Set([
  "NUMBER",
  "DOUBLE",
  "INT",
  "LONG",
  "BIGINT",
  "GENERIC",
]);
const COMPARABLE: ReadonlySet<DataType["kind"]> = new Set([
  ...SUMMABLE,
  "TIMESTAMP",
  "BOOLEAN",
  "STRING",
]);

export class RollingFold implements Fold {
  readonly #spec: Folding;
  /** -1 = the least wins, 1 = the greatest. */
  readonly #direction: number;
  #schema: Schema | null = null;
  #add: Add = () => undefined;

  constructor(spec: Folding) {
    this.#spec = spec;
    this.#direction = spec.function === "max" || spec.function === "maxBy" ? 1 : -1;
  }

  open(): void {}

  /** Errors: MR_FIELD_UNKNOWN, MR_FIELD_NOT_NUMERIC. */
  useSchema(schema: Schema): void {
    if (this.#schema === schema) return;
    this.#schema = schema;
    const type = fieldTypeOf(schema.type.record, this.#spec);
    const accepted = this.#spec.function === "sum" ? SUMMABLE : COMPARABLE;
    if (!accepted.has(type.kind)) throw this.#notNumeric(typeText(type));
    this.#add = adderOf(type);
  }

  /** Errors: MR_FIELD_NOT_NUMERIC. */
  start(record: unknown): unknown {
    const value = this.#fieldOf(record);
    const isFit =
      this.#spec.function === "sum"
        ? this.#add(value, value) !== undefined
        : !Number.isNaN(compareValues(value, value));
    if (!isFit) throw this.#notNumeric(kindText(value));
    return record;
  }

  /** Errors: MR_FIELD_NOT_NUMERIC. */
  fold(accumulated: unknown, record: unknown): unknown {
    const known = this.#fieldOf(accumulated);
    const value = this.#fieldOf(record);
    if (this.#spec.function === "sum") {
      const sum = this.#add(known, value);
      if (sum === undefined) throw this.#notNumeric(kindText(value));
      return this.#withField(accumulated, sum);
    }
    const order = compareValues(value, known) * this.#direction;
    if (Number.isNaN(order)) throw this.#notNumeric(kindText(value));
    const isByRecord = this.#spec.function === "minBy" || this.#spec.function === "maxBy";
    if (!isByRecord) return order > 0 ? this.#withField(accumulated, value) : accumulated;
    return order > 0 || (order === 0 && !this.#spec.first) ? record : accumulated;
  }

  close(): void {}

  #fieldOf(record: unknown): unknown {
    if (typeof record !== "object" || record === null) return record;
    return (record as Fields)[this.#spec.field as string];
  }

  #withField(record: unknown, value: unknown): unknown {
    if (Array.isArray(record)) return record.with(this.#spec.field as number, value);
    if (typeof record !== "object" || record === null) return value;
    return { ...record, [this.#spec.field]: value };
  }

  #notNumeric(actual: string): EngineError {
    const { name: operator, field, function: operation } = this.#spec;
    return new EngineError("MR_FIELD_NOT_NUMERIC", { operator, field, actual, operation });
  }
}

/** Errors: MR_FIELD_UNKNOWN. */
function fieldTypeOf(record: DataType, { field, name }: Folding): DataType {
  let found: DataType | undefined;
  let fields: readonly (string | number)[] = [0];
  if (record.kind === "TUPLE") {
    found = record.fields[field as number];
    fields = record.fields.map((_, index) => index);
  } else if (record.kind === "ROW") {
    found = record.fields.find((candidate) => candidate.name === field)?.type;
    fields = record.fields.map((candidate) => candidate.name);
  } else if (field === 0 || record.kind === "GENERIC") {
    found = record;
  }
  if (found !== undefined) return found;
  throw new EngineError("MR_FIELD_UNKNOWN", { operator: name, field, fields: fields.join(", ") });
}
