/** Roughly what a value takes on the JavaScript heap: to count what waits there. */
const WORD = 8;
const OBJECT = 24;
/** Deeper parts are not counted: a structure may be circular. */
const MAX_DEPTH = 6;

export function approximateBytes(value: unknown, depth = 0): number {
  switch (typeof value) {
    case "string":
      return OBJECT + value.length;
    case "bigint":
      return OBJECT;
    case "object":
      return value === null || depth > MAX_DEPTH ? WORD : objectBytes(value, depth);
    default:
      return WORD;
  }
}

function objectBytes(value: object, depth: number): number {
  if (ArrayBuffer.isView(value)) return OBJECT + value.byteLength;
  const parts = value instanceof Map ? [...value.entries()].flat() : Object.values(value);
  let bytes = OBJECT;
  for (const part of parts) bytes += WORD + approximateBytes(part, depth + 1);
  return bytes;
}
