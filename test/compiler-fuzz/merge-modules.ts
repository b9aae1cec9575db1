/** Several generated modules as one, since most of the time of a compilation is the same for all of them. */

/** Functions, constants and comments of a module, by the emitter's own layout of its text. */
interface Parts {
  readonly imports: readonly (readonly [module: string, names: readonly string[]])[];
  readonly rest: string;
}

const OWN_NAMES =
  /\b(string\d+|block\d+|operator\d+|readJson\d+|rejects|output|process|regexp\w*\d\w*)\b/g;
const IMPORT = /^import \{ (.*) \} from "\.\.\/js\/(.*)\.ts";$/gm;
const SHARED_EXPORTS = "export { nextRow, emitted };\n";
const HEAD = /^\/\*\*[\s\S]*?\*\/\n/;

/** Module `index` exports its process() as process_`index`; nextRow() and emitted() serve all. */
export function mergeModules(texts: readonly string[]): string {
  const names = new Map<string, Set<string>>();
  const bodies = texts.map((text, index) => {
    const { imports, rest } = partsOf(text);
    for (const [module, imported] of imports) {
      const known = names.get(module) ?? new Set<string>();
      for (const name of imported) known.add(name);
      names.set(module, known);
    }
    return rest.replace(OWN_NAMES, `$1_${index}`);
  });
  const imports = [...names].map(
    ([module, imported]) => `import { ${[...imported].join(", ")} } from "../js/${module}.ts";`,
  );
  return [...imports, SHARED_EXPORTS, ...bodies].join("\n");
}

export function processName(index: number): string {
  return `process_${index}`;
}

function partsOf(text: string): Parts {
  const imports = [...text.matchAll(IMPORT)].map(
    ([, imported = "", module = ""]) => [module, imported.split(", ")] as const,
  );
  const rest = text.replace(HEAD, "").replace(IMPORT, "").replace(SHARED_EXPORTS, "");
  return { imports, rest };
}
