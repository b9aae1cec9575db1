/** Files of programs: each has a folder with its module, and with what it writes to its standard streams. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCodeOf } from "../../dataplane/snapshot/file-system.ts";

const CHECKPOINT = /^chk-/;

export class ProgramFolders {
  readonly #dataDirectory: string;

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory;
  }

  /** Each job has a folder of its id in it. */
  get checkpoints(): string {
    return join(this.#dataDirectory, "checkpoints");
  }

  get savepoints(): string {
    return join(this.#dataDirectory, "savepoints");
  }

  moduleOf(programId: string): string {
    return join(this.#folderOf(programId), "program.mjs");
  }

  stdoutOf(programId: string): string {
    return join(this.#folderOf(programId), "program.out");
  }

  stderrOf(programId: string): string {
    return join(this.#folderOf(programId), "program.log");
  }

  async create(programId: string, module: Uint8Array): Promise<void> {
    await mkdir(this.#folderOf(programId), { recursive: true });
    await writeFile(this.moduleOf(programId), module);
  }

  async remove(programId: string): Promise<void> {
    await rm(this.#folderOf(programId), { recursive: true, force: true });
  }

  /** Of a job that has ended: what is retained stays. */
  async removeEmptyCheckpoints(jobId: string): Promise<void> {
    const folder = join(this.checkpoints, jobId);
    const names = await readdir(folder).catch((error: unknown) => {
      if (errorCodeOf(error) === "ENOENT") return [];
      throw error;
    });
    if (names.some((name) => CHECKPOINT.test(name))) return;
    await rm(folder, { recursive: true, force: true });
  }

  /** Ids are hexadecimal digits. */
  #folderOf(programId: string): string {
    return join(this.#dataDirectory, "jobs", programId);
  }
}
