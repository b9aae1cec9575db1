/**
 * Values that Java clients take apart by Java's own serialization. Written from templates that were cut from what
 * Flink 1.20 writes: only classes that need no class of Millrace.
 */
import { throwableText } from "./errors.ts";

const TC_STRING = 0x74;
/** Of a text with a length of two bytes. */
const UTF_BYTES_MAX = 65_535;

const THROWABLE_HEAD =
  "aced0005737200296f72672e6170616368652e666c696e6b2e7574696c2e53657269616c697a65645468726f7761626c6565169df51fa713f30200034c001966756c6c537472696e676966696564537461636b54726163657400124c6a6176612f6c616e672f537472696e673b4c00166f726967696e616c4572726f72436c6173734e616d6571007e00015b001373657269616c697a6564457863657074696f6e7400025b42787200136a6176612e6c616e672e457863657074696f6ed0fd1f3e1a3b1cc4020000787200136a6176612e6c616e672e5468726f7761626c65d5c635273977b8cb0300044c000563617573657400154c6a6176612f6c616e672f5468726f7761626c653b4c000d64657461696c4d65737361676571007e00015b000a737461636b547261636574001e5b4c6a6176612f6c616e672f537461636b5472616365456c656d656e743b4c001473757070726573736564457863657074696f6e737400104c6a6176612f7574696c2f4c6973743b78707074";
const THROWABLE_TRACE =
  "7572001e5b4c6a6176612e6c616e672e537461636b5472616365456c656d656e743b02462a3c3cfd22390200007870000000007372001f6a6176612e7574696c2e436f6c6c656374696f6e7324456d7074794c6973747ab817b43ca79ede02000078707874";
const THROWABLE_CLASS = "74";
const THROWABLE_TAIL = "757200025b42acf317f8060854e0020000787000000000";

/** A class, its stack trace and both again for Java clients. */
export function serializedFailure(chain: readonly string[]): {
  readonly class: string;
  readonly "stack-trace": string;
  readonly "serialized-throwable": string;
} {
  const first = chain[0] ?? "";
  const className = first.split(":", 1)[0] ?? "";
  const stackTrace = `${throwableText(...chain)}\n`;
  return {
    class: className,
    "stack-trace": stackTrace,
    "serialized-throwable": serializedThrowable(first, stackTrace, className),
  };
}

function serializedThrowable(message: string, stackTrace: string, className: string): string {
  return Buffer.concat([
    Buffer.from(THROWABLE_HEAD, "hex"),
    modifiedUtf8(message),
    Buffer.from(THROWABLE_TRACE, "hex"),
    modifiedUtf8(stackTrace),
    Buffer.from(THROWABLE_CLASS, "hex"),
    modifiedUtf8(className),
    Buffer.from(THROWABLE_TAIL, "hex"),
  ]).toString("base64");
}

const OPTIONAL_FAILURE =
  "aced0005737200256f72672e6170616368652e666c696e6b2e7574696c2e4f7074696f6e616c4661696c757265000000000000000103000" +
  "14c000c6661696c75726543617573657400154c6a6176612f6c616e672f5468726f7761626c653b78707073";
const NUMBER_CLASS = "787200106a6176612e6c616e672e4e756d62657286ac951d0b94e08b0200007870";
const INTEGER = `7200116a6176612e6c616e672e496e746567657212e2a0a4f781873802000149000576616c7565${NUMBER_CLASS}`;
const LONG = `72000e6a6176612e6c616e672e4c6f6e673b8be490cc8f23df0200014a000576616c7565${NUMBER_CLASS}`;
const DOUBLE = `7200106a6176612e6c616e672e446f75626c6580b3c24a296bfb0402000144000576616c7565${NUMBER_CLASS}`;
const TC_END_BLOCK_DATA = Buffer.from([0x78]);

/** The result of an accumulator: Integer, Long or Double where it is a number, else its text. */
export function serializedAccumulator(value: unknown): string {
  const isNumber = typeof value === "number";
  const head = Buffer.from(isNumber ? OPTIONAL_FAILURE : OPTIONAL_FAILURE.slice(0, -2), "hex");
  return Buffer.concat([
    head,
    isNumber ? serializedNumber(value) : serializedText(String(value)),
    TC_END_BLOCK_DATA,
  ]).toString("base64");
}

function serializedNumber(value: number): Buffer {
  const body = Buffer.alloc(8);
  if (!Number.isSafeInteger(value)) {
    body.writeDoubleBE(value);
    return Buffer.concat([Buffer.from(DOUBLE, "hex"), body]);
  }
  if (value === (value | 0)) {
    body.writeInt32BE(value);
    return Buffer.concat([Buffer.from(INTEGER, "hex"), body.subarray(0, 4)]);
  }
  body.writeBigInt64BE(BigInt(value));
  return Buffer.concat([Buffer.from(LONG, "hex"), body]);
}

function serializedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([TC_STRING]), modifiedUtf8(text)]);
}

/** Two bytes of length, then each UTF-16 unit in 1 to 3 bytes, 0 in two; cut where it would be too long. */
function modifiedUtf8(text: string): Buffer {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const unit = unitBytes(text.charCodeAt(index));
    if (bytes.length + unit.length > UTF_BYTES_MAX) break;
    bytes.push(...unit);
  }
  return Buffer.from([bytes.length >> 8, bytes.length & 0xff, ...bytes]);
}

function unitBytes(unit: number): number[] {
  if (unit > 0 && unit < 0x80) return [unit];
  if (unit < 0x800) return [0xc0 | (unit >> 6), 0x80 | (unit & 0x3f)];
  return [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
}
