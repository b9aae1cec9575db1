/** The TypeScript of a page of the documentation, and a program of the compiler that holds all of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { projectRoot } from "../project-root.ts";

interface Snippet {
  /** In the page, from 1. */
  readonly line: number;
  readonly code: string;
}

export interface PageProgram {
  readonly checker: ts.TypeChecker;
  /** One per snippet. */
  readonly files: readonly ts.SourceFile[];
  /** "docs/page.md:12: ..." */
  readonly errors: readonly string[];
  /** What the package exports. */
  readonly exports: readonly ts.Symbol[];
}

/** Options of users' projects, as strict as ours. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ["node"],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  skipLibCheck: true,
  noEmit: true,
};
const ENTRY = join(projectRoot, "dist/control/index.d.ts");
/** Of tables whose cells are checked. */
const OUR_COLUMN = "Millrace";

/** Blocks of TypeScript, and code in our column of tables, except in cells that begin with words. */
export function snippetsOf(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  let block: { readonly language: string; readonly line: number; lines: string[] } | null = null;
  let column = -1;
  for (const [index, text] of markdown.split("\n").entries()) {
    const fence = /^```(\w*)$/.exec(text);
    if (block !== null) {
      if (fence === null) block.lines.push(text);
      else if (block.language === "ts") snippets.push({ ...block, code: block.lines.join("\n") });
      if (fence !== null) block = null;
    } else if (fence !== null) {
      block = { language: fence[1] ?? "", line: index + 2, lines: [] };
    } else if (!text.startsWith("|")) {
      column = -1;
    } else {
      const cells = cellsOf(text);
      if (cells.includes(OUR_COLUMN)) column = cells.indexOf(OUR_COLUMN);
      const cell = column < 0 ? "" : (cells[column] ?? "");
      if (!cell.startsWith("`")) continue;
      for (const [, code = ""] of cell.matchAll(/`([^`]+)`/g)) {
        snippets.push({ line: index + 1, code: code.replaceAll("\\|", "|") });
      }
    }
  }
  return snippets;
}

function cellsOf(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** All snippets of a page, each a module that begins with the first one and imports what it names. */
export function compilePage(page: string): PageProgram {
  const snippets = snippetsOf(readFileSync(join(projectRoot, page), "utf8"));
  const names = exportedNames();
  const [first] = snippets;
  const prelude = (first?.code ?? "").replaceAll("\n", " ");
  const texts = new Map(
    snippets.map((snippet) => {
      const code = snippet === first ? "" : snippet.code;
      const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(prelude + code));
      const header = `import { ${used.join(", ")} } from "millrace"; ${prelude} export {};`;
      return [fileName(page, snippet, snippets.indexOf(snippet)), `${header}\n${code}`] as const;
    }),
  );
  const host = ts.createCompilerHost(OPTIONS);
  const { fileExists, getSourceFile, readFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, options, ...rest) => {
    const text = texts.get(path);
    if (text === undefined) return getSourceFile(path, options, ...rest);
    return ts.createSourceFile(path, text, options);
  };
  host.getCurrentDirectory = () => projectRoot;
  const program = ts.createProgram([...texts.keys(), ENTRY], OPTIONS, host);
  const checker = program.getTypeChecker();
  const entry = program.getSourceFile(ENTRY);
  const module = entry === undefined ? undefined : checker.getSymbolAtLocation(entry);
  const files = program.getSourceFiles().filter(({ fileName: path }) => texts.has(path));
  return {
    checker,
    files,
    errors: files.flatMap((file) =>
      [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
        (diagnostic) => describe(page, diagnostic),
      ),
    ),
    exports: module === undefined ? [] : checker.getExportsOfModule(module),
  };
}

function fileName(page: string, { line }: Snippet, index: number): string {
  return join(projectRoot, `${page}.${line}.${index}.ts`);
}

function describe(page: string, { file, start = 0, messageText }: ts.Diagnostic): string {
  const line = Number(/\.(\d+)\.\d+\.ts$/.exec(file?.fileName ?? "")?.[1] ?? 0);
  const offset = file?.getLineAndCharacterOfPosition(start).line ?? 0;
  return `${page}:${line + offset - 1}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
}

function exportedNames(): string[] {
  const text = readFileSync(ENTRY, "utf8");
  const file = ts.createSourceFile(ENTRY, text, ts.ScriptTarget.ES2022);
  return file.statements.flatMap((statement) => {
    if (ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? ""];
    if (!ts.isExportDeclaration(statement)) return [];
    const { exportClause } = statement;
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
    return exportClause.elements.map(({ name }) => name.text);
  });
}
