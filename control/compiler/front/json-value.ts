/**
 * What JSON.parse() answers, while the function is analysed: it gets its shape from what the function takes
 * of it. A guess that is wrong for a document costs time only, since compiled code gives such a row up.
 */
import type { Expr, IrType, JsonShape, LocalExpr, LocalId } from "../ir.ts";
import { isNumeric, isReadable, sameType } from "./types.ts";

/** Of one document. */
interface Document {
  newLocal(): LocalId;
  /** After every change. */
  changed(): void;
}

type Content =
  | { readonly kind: "any" }
  | { readonly kind: "scalar"; readonly expr: LocalExpr }
  | { readonly kind: "object"; readonly fields: Map<string, JsonValue>; isClosed: boolean }
  | { readonly kind: "array"; readonly items: readonly JsonValue[] };

export class JsonValue {
  readonly #document: Document;
  #content: Content = { kind: "any" };

  constructor(document: Document) {
    this.#document = document;
  }

  /** A field, which makes this an object; null = it is something else, or closed without it. */
  field(name: string): JsonValue | null {
    if (this.#content.kind === "any") {
      this.#become({ kind: "object", fields: new Map(), isClosed: false });
    }
    if (this.#content.kind !== "object") return null;
    const known = this.#content.fields.get(name);
    if (known !== undefined || this.#content.isClosed) return known ?? null;
    const field = new JsonValue(this.#document);
    this.#content.fields.set(name, field);
    this.#document.changed();
    return field;
  }

  /** Its fields, if it may have just these. */
  closedFields(names: readonly string[]): readonly JsonValue[] | null {
    const fields = names.map((name) => this.field(name));
    const known = fields.filter((field) => field !== null);
    if (this.#content.kind !== "object" || known.length !== names.length) return null;
    if (this.#content.fields.size !== names.length) return null;
    this.#content.isClosed = true;
    this.#document.changed();
    return known;
  }

  /** Its elements, if it may have so many. */
  items(count: number): readonly JsonValue[] | null {
    if (this.#content.kind === "any") {
      const items = Array.from({ length: count }, () => new JsonValue(this.#document));
      this.#become({ kind: "array", items });
    }
    if (this.#content.kind !== "array" || this.#content.items.length !== count) return null;
    return this.#content.items;
  }

  /** As a value of this type, or of another numeric one, if that is what it is known as. */
  scalar(type: IrType): Expr | null {
    if (this.#content.kind === "any" && isReadable(type)) {
      const expr = { op: "local", id: this.#document.newLocal(), type } as const;
      this.#become({ kind: "scalar", expr });
    }
    if (this.#content.kind !== "scalar") return null;
    const { expr } = this.#content;
    const fits = sameType(expr.type, type) || (isNumeric(expr.type) && isNumeric(type));
    return fits ? expr : null;
  }

  /** Its value, if its type is known. */
  known(): Expr | null {
    return this.#content.kind === "scalar" ? this.#content.expr : null;
  }

  shape(): JsonShape {
    const content = this.#content;
    switch (content.kind) {
      case "any":
        return { kind: "any" };
      case "scalar":
        return { kind: "scalar", id: content.expr.id, type: content.expr.type };
      case "object": {
        const { isClosed } = content;
        const fields = [...content.fields].map(([name, field]) => ({ name, shape: field.shape() }));
        return { kind: "object", fields, isClosed };
      }
      case "array":
        return { kind: "array", items: content.items.map((item) => item.shape()) };
    }
  }

  #become(content: Content): void {
    this.#content = content;
    this.#document.changed();
  }
}
