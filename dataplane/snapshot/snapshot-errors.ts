/** Why a snapshot is not written, or refused. */
import { EngineError } from "../protocol/errors.ts";

const ADVICE = "Restore another checkpoint or savepoint.";

/** @param advice what to restore instead */
export function snapshotDamaged(
  file: string,
  reason: string,
  cause?: unknown,
  advice = ADVICE,
): EngineError {
  return new EngineError("MR_SNAPSHOT_DAMAGED", { file, reason, advice }, cause);
}

export function snapshotTooNew(file: string, version: number, supported: number): EngineError {
  return new EngineError("MR_SNAPSHOT_VERSION", { file, version, supported });
}

/** A disk that fails, is full, or must not be written to. */
export function storageFailed(path: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new EngineError("MR_CHECKPOINT_STORAGE", { path, message }, error);
}
