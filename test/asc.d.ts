/**
 * The part of "assemblyscript/asc" that tests use (tsconfig.json maps the import here). The package's
 * own declarations describe the globals of AssemblyScript too, and so replace those of Node.
 */
export interface CompilerConfig {
  readFile(name: string, baseDir: string): string | null;
  writeFile(name: string, contents: string | Uint8Array, baseDir: string): void;
  listFiles(folder: string, baseDir: string): string[] | null;
  stdout?: MemoryStream;
  stderr?: MemoryStream;
}

export interface MemoryStream {
  write(chunk: string | Uint8Array): void;
  toString(): string;
}

interface Compiler {
  main(args: readonly string[], config: CompilerConfig): Promise<{ readonly error: Error | null }>;
  createMemoryStream(): MemoryStream;
}

declare const asc: Compiler;
export default asc;
