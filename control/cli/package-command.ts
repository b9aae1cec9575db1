/** `millrace package <file...>`: a job bundle to be uploaded to a server. */
import { stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import { isEntryName, writeBundle } from "../cluster/bundle-archive.ts";
import { bundlePortable } from "../runtime/bundle-portable.ts";
import { writeAnswer } from "./describe-failure.ts";
import { formatBytes } from "./format.ts";
import type { OutputFormat } from "./output-format.ts";

export interface PackageRequest {
  /** Entry files of programs; the first is the main one. */
  readonly files: readonly string[];
  /** Of the bundle; null = `<first entry>.jar` in the working directory. */
  readonly output: string | null;
  readonly engineVersion: string;
}

export function packageCommand(request: PackageRequest, format: OutputFormat): Promise<number> {
  return writeAnswer(format, async () => {
    const programs = await bundleAll(request.files);
    const entries = [...programs.keys()];
    const path = resolve(request.output ?? `${entries[0]}.jar`);
    await writeBundle(path, programs, request.engineVersion);
    const { size } = await stat(path);
    return format === "json"
      ? JSON.stringify({ event: "packaged", path, bytes: size, entries })
      : `${path}  ${formatBytes(size)}  ${entries.join(", ")}`;
  });
}

async function bundleAll(files: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const programs = new Map<string, Uint8Array>();
  for (const file of files) {
    const name = basename(file, extname(file));
    if (!isEntryName(name)) {
      const message = `${JSON.stringify(name)} is no name of a program; use letters, digits, and . _ $ - behind the first`;
      throw new EngineError("MR_BUNDLE_INVALID", { message });
    }
    if (programs.has(name)) {
      throw new EngineError("MR_BUNDLE_INVALID", { message: `two programs are called ${name}` });
    }
    programs.set(name, await bundlePortable(file));
  }
  return programs;
}
