/**
 * The library of compiled code as a module of its own, each builtin called with JavaScript values. The
 * last pages of its memory are for the texts that go in, so that these can end where memory ends.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { BUILTINS } from "../../../../../control/compiler/builtins.ts";
import type { IrType } from "../../../../../control/compiler/ir.ts";
import { decodeWtf8, encodeWtf8 } from "../../../../../dataplane/formats/wtf8.ts";
import {
  MEMORY_GENERATED_BASE,
  MEMORY_PAGE_SIZE,
  MEMORY_ROOT_HEAP_END,
  MEMORY_ROOT_LIVE_BYTES,
  MEMORY_ROOT_PTR,
} from "../../../../../dataplane/protocol/memory-layout.ts";
import { compiledImports } from "../../../../../dataplane/worker/operators/compiled-imports.ts";
import { projectRoot } from "../../../../project-root.ts";

/** What a call answers that gave the row up. */
export const GIVEN_UP = Symbol("given up");

/** Length in bytes in the high half, address in the low one. */
export type Text = bigint;
export type Argument = string | number | boolean | readonly string[];

const HEAP_PAGES = 2048;
const INPUT_PAGES = 40;
const INPUT_PTR = HEAP_PAGES * MEMORY_PAGE_SIZE;
const PAGE_END = INPUT_PTR + (INPUT_PAGES / 2) * MEMORY_PAGE_SIZE;
/** The list of a call lies in front of the texts. */
const LISTS_END = INPUT_PTR + 4 * MEMORY_PAGE_SIZE;
const MEMORY_END = INPUT_PTR + INPUT_PAGES * MEMORY_PAGE_SIZE;
/** Lies around every text: read by mistake, it is the start of a pair. */
const GARBAGE = 0xf0;
const GARBAGE_BYTES = 64;
/** Places up to here end so many bytes before memory does; others begin so many before a page does. */
const PLACES_AT_END = 16;
export const PLACES = 64;

const ENTRY = "dataplane/assembly/library-of-tests.ts";
const MODULES: Readonly<Record<string, readonly string[]>> = {
  allocator: ["memInit"],
  "js/arena": ["arenaAlloc", "arenaRelease", "arenaReset"],
  "js/give-up": ["clearStops", "giveUp", "hasGivenUp"],
  "js/text": ["textCompare", "textEquals"],
  "js/blocks": ["findByte"],
  "js/number": ["numberPow", "numberRemainder", "toInt32", "toUint32"],
};
const FEATURES = ["simd", "bulk-memory", "sign-extension", "nontrapping-f2i", "mutable-globals"];

/** Text as generated modules have it, and the names of functions to be called. */
export interface Generated {
  readonly text: string;
  readonly names: readonly string[];
}

const NONE: Generated = { text: "", names: [] };
const GENERATED = "dataplane/assembly/tests/generated.ts";

type WasmFunction = (...args: (number | bigint)[]) => number | bigint;

export class JsLibrary {
  /** Exports as they are. */
  readonly raw: Readonly<Record<string, WasmFunction>>;
  readonly u8: Uint8Array;
  readonly #view: DataView;

  private constructor(module: WebAssembly.Module) {
    const initial = HEAP_PAGES + INPUT_PAGES;
    const memory = new WebAssembly.Memory({ initial, maximum: initial });
    this.u8 = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    const env = { memory, requestPages: () => 0, ...compiledImports(() => this.u8) };
    const instance = new WebAssembly.Instance(module, { env });
    this.raw = instance.exports as Record<string, WasmFunction>;
    this.run("memInit");
    this.#view.setUint32(MEMORY_ROOT_PTR + MEMORY_ROOT_HEAP_END, INPUT_PTR, true);
  }

  /** @param generated functions besides the builtins */
  static async create(generated: Generated = NONE): Promise<JsLibrary> {
    return new JsLibrary(await WebAssembly.compile(await compileLibrary(generated)));
  }

  run(name: string, ...args: (number | bigint)[]): number | bigint {
    const exported = this.raw[name];
    assert.ok(exported, `the library has ${name}`);
    return exported(...args);
  }

  /** A builtin by its name in the IR, as a row that consists of it. */
  call(name: string, args: readonly Argument[], place = 0): unknown {
    const builtin = BUILTINS[name];
    assert.ok(builtin, `${name} is a builtin`);
    return this.callAs(builtin.fn, builtin.result, args, place);
  }

  callAs(fn: string, result: IrType, args: readonly Argument[], place = 0): unknown {
    this.run("arenaReset");
    this.run("clearStops");
    const answer = this.run(fn, ...this.#write(args, place));
    return this.run("hasGivenUp") === 0 ? this.#read(result, answer) : GIVEN_UP;
  }

  /** Of the allocator: handed out and not returned. */
  liveBytes(): number {
    return Number(this.#view.getBigUint64(MEMORY_ROOT_PTR + MEMORY_ROOT_LIVE_BYTES, true));
  }

  textAt(text: Text): string {
    const ptr = Number(text & 0xffffffffn);
    return decodeWtf8(this.u8, ptr, ptr + Number(text >> 32n));
  }

  /** Writes texts one behind the other, garbage around them. */
  writeTexts(texts: readonly string[], place = 0): Text[] {
    const encoded = texts.map(encode);
    const total = encoded.reduce(
      (sum, bytes) => sum + bytes.length + GARBAGE_BYTES,
      -GARBAGE_BYTES,
    );
    let at = place < PLACES_AT_END ? MEMORY_END - place - Math.max(total, 0) : PAGE_END - place;
    assert.ok(at - GARBAGE_BYTES > LISTS_END && at + total <= MEMORY_END);
    this.u8.fill(GARBAGE, at - GARBAGE_BYTES, at + total + GARBAGE_BYTES);
    return encoded.map((bytes) => {
      this.u8.set(bytes, at);
      const text = (BigInt(bytes.length) << 32n) | BigInt(at);
      at += bytes.length + GARBAGE_BYTES;
      return text;
    });
  }

  #write(args: readonly Argument[], place: number): (number | bigint)[] {
    const isString = (arg: unknown): arg is string => typeof arg === "string";
    const texts = this.writeTexts(args.flat().filter(isString), place);
    return args.map((arg) => {
      if (typeof arg === "string") return texts.shift() as Text;
      return typeof arg === "object" ? this.#writeList(texts.splice(0, arg.length)) : Number(arg);
    });
  }

  #writeList(texts: readonly Text[]): number {
    assert.ok(texts.length * 8 + 8 <= LISTS_END - INPUT_PTR);
    this.#view.setBigUint64(INPUT_PTR, BigInt(texts.length), true);
    for (const [index, text] of texts.entries()) {
      this.#view.setBigUint64(INPUT_PTR + 8 + index * 8, text, true);
    }
    return INPUT_PTR;
  }

  #read(type: IrType, answer: number | bigint): unknown {
    if (type.kind === "STRING") return this.textAt(answer as Text);
    if (type.kind === "BOOLEAN") return answer !== 0;
    if (type.kind !== "LIST") return answer;
    return this.listAt(answer as number).map((text) => this.textAt(text));
  }

  listAt(list: number): readonly Text[] {
    return Array.from({ length: this.#view.getUint32(list, true) }, (_, index) =>
      this.#view.getBigUint64(list + 8 + index * 8, true),
    );
  }
}

function encode(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.subarray(0, encodeWtf8(bytes, 0, text, 0));
}

/** Without optimization: that takes longer than the tests. */
async function compileLibrary(generated: Generated): Promise<Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array>();
  const stderr = asc.createMemoryStream();
  const options = ["--runtime", "stub", "--importMemory", "--noExportMemory"];
  const base = ["--baseDir", projectRoot, "--memoryBase", String(MEMORY_GENERATED_BASE)];
  const pages = ["--initialMemory", "2", "--outFile", "library.wasm"];
  const features = FEATURES.flatMap((feature) => ["--enable", feature]);
  const { error } = await asc.main([ENTRY, ...base, ...pages, ...options, ...features], {
    stderr,
    readFile: (name, baseDir) => readSource(name, baseDir, generated),
    listFiles: () => [],
    writeFile: (name, contents) => files.set(name, contents as Uint8Array),
  });
  assert.equal(error, null, stderr.toString());
  return Uint8Array.from(files.get("library.wasm") as Uint8Array);
}

function readSource(name: string, baseDir: string, generated: Generated): string | null {
  if (name === ENTRY) return entryText(generated);
  if (name === GENERATED) return `${generated.text}export { ${generated.names} };\n`;
  // The options of the kernels are not those of this module.
  if (name.endsWith("asconfig.json")) return null;
  try {
    return readFileSync(join(baseDir, name), "utf8");
  } catch {
    return null;
  }
}

/** Imported first and then exported: asc does not find `export ... from "./x.ts"`. */
function entryText({ names }: Generated): string {
  const imports: { file: string; names: readonly string[] }[] = Object.entries(MODULES).map(
    ([file, names]) => ({ file, names }),
  );
  const builtins = new Map(Object.values(BUILTINS).map(({ module, fn }) => [fn, module]));
  for (const [fn, module] of builtins) imports.push({ file: `js/${module}`, names: [fn] });
  if (names.length > 0) imports.push({ file: "tests/generated", names });
  const lines = imports.map(({ file, names }) => `import { ${names} } from "./${file}.ts";`);
  return `${lines.join("\n")}\nexport { ${imports.flatMap(({ names }) => names)} };`;
}
