/** The text of one AssemblyScript module under construction: imports, static strings, functions. */
import { wtf8Bytes } from "../../../dataplane/formats/wtf8.ts";

/** Static strings of a module may take so much; its region holds a little more. */
export const STATIC_BYTES_MAX = 24_576;

export class ModuleSource {
  readonly #imports = new Map<string, Set<string>>();
  readonly #strings = new Map<string, string>();
  readonly #constants: string[] = [];
  readonly #functions: string[] = [];
  readonly #defined = new Map<string, string>();
  #staticBytes = 0;
  #blocks = 0;
  /** Why the module cannot be compiled; null = it can. */
  refusal: string | null = null;

  /** Bytes of static strings so far. */
  get staticBytes(): number {
    return this.#staticBytes;
  }

  /** Name of a function of the library: `module` is a file of dataplane/assembly/js. */
  use(module: string, name: string): string {
    const known = this.#imports.get(module);
    if (known === undefined) this.#imports.set(module, new Set([name]));
    else known.add(name);
    return name;
  }

  /** Expression of type Text for a string constant. */
  string(value: string): string {
    if (value === "") return this.use("text", "EMPTY_TEXT");
    const known = this.#strings.get(value);
    if (known !== undefined) return known;
    const bytes = wtf8Bytes(value);
    const name = `string${this.#strings.size}`;
    const data = `memory.data<u8>([${[...bytes].join(", ")}])`;
    this.use("text", "textOf");
    this.use("text", "Text");
    this.#constants.push(`const ${name}: Text = textOf(${data}, ${bytes.length});`);
    this.#strings.set(value, name);
    this.#staticBytes += bytes.length;
    return name;
  }

  /** Address of static bytes, or of so many zeros, 16-byte aligned. */
  block(content: Uint8Array | number): string {
    const name = `block${this.#blocks++}`;
    const isZeros = typeof content === "number";
    const data = isZeros ? `${content}, 16` : `[${[...content].join(", ")}], 16`;
    this.#constants.push(`const ${name}: usize = memory.data${isZeros ? "" : "<u8>"}(${data});`);
    this.#staticBytes += isZeros ? content : content.length;
    return name;
  }

  /** Name of the function that `key` identifies; it is written when it is first asked for. */
  define(key: string, prefix: string, write: (name: string) => readonly string[]): string {
    const known = this.#defined.get(key);
    if (known !== undefined) return known;
    const name = `${prefix}${this.#defined.size}`;
    this.#defined.set(key, name);
    this.add(write(name));
    return name;
  }

  /** A variable of the module that begins as 0. */
  global(name: string, type: "u64" | "usize"): void {
    this.#constants.push(`let ${name}: ${type} = 0;`);
  }

  /** Functions, as lines of text each. */
  add(...functions: readonly (readonly string[])[]): void {
    this.#functions.push(...functions.map((lines) => lines.join("\n")));
  }

  /** @param about what the module is for, one line per operator */
  text(about: readonly string[]): string {
    const head = ["/**", ...about.map((line) => ` * ${line.replaceAll("*/", "* /")}`), " */"];
    const imports = [...this.#imports].map(
      ([module, names]) => `import { ${[...names].sort().join(", ")} } from "../js/${module}.ts";`,
    );
    return `${[...head, ...imports, "", ...this.#constants, "", ...this.#functions].join("\n")}\n`;
  }
}
