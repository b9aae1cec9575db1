/** Files of multipart requests: written under names made here, counted and measured while they come in. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FastifyRequest } from "fastify";
import { RestFailure, refused } from "./errors.ts";
import type { UploadedFile } from "./route.ts";

/** As much of a request as is taken, besides its files. */
export const UPLOAD_LIMITS = {
  fieldNameSize: 100,
  fieldSize: 1024,
  fields: 1,
  /** Bytes of a file. */
  fileSize: 268_435_456,
  /** One more than may be sent, so that it can be said. */
  files: 2,
  headerPairs: 20,
  parts: 4,
} as const;

export interface Upload {
  readonly files: readonly UploadedFile[];
  /** Deletes them. */
  discard(): Promise<void>;
}

export async function receiveFiles(request: FastifyRequest): Promise<Upload> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-upload-"));
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    const files: UploadedFile[] = [];
    for await (const part of request.parts()) {
      if (part.type === "field") {
        throw new RestFailure(400, [`Received unknown attribute ${part.fieldname}.`], false);
      }
      const path = join(folder, randomUUID());
      await pipeline(part.file, createWriteStream(path, { flags: "wx", mode: 0o600 }));
      files.push({ path, fileName: part.filename ?? "" });
    }
    return { files, discard };
  } catch (error) {
    await discard();
    throw isOfSender(error) ? refused(400, error.message) : error;
  }
}

/** Whether the request was no multipart: neither the disk's failure nor one with a status of its own. */
function isOfSender(error: unknown): error is Error {
  return (
    error instanceof Error && !("errno" in error || "statusCode" in error || "status" in error)
  );
}
