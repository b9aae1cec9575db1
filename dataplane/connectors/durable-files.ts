/** Changes of directories that a crash of the machine does not undo. */
import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** As mkdir -p. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  const topmost = dirname(resolve(first));
  for (let made = resolve(path); made !== topmost; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
}

/** Makes the names of files and directories in it durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
