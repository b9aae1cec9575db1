/** From the status of a kernel to the error it means. */
import { EngineError } from "../protocol/errors.ts";
import {
  STATUS_BAD_BATCH,
  STATUS_NAN_KEY,
  STATUS_NULL_KEY,
  STATUS_NULL_TIMESTAMP,
} from "../protocol/status.ts";

/** Where a kernel ran: its name, the operator it ran for and, where known, the row it stopped at. */
export interface KernelCall {
  readonly kernel: string;
  readonly operator: string;
  readonly row?: number;
}

/** The error behind a negative status; STATUS_OUT_OF_MEMORY is the memory's own to explain. */
export function statusError(status: number, call: KernelCall): EngineError {
  const { kernel, operator } = call;
  const row = call.row ?? null;
  switch (status) {
    case STATUS_NULL_KEY:
      return new EngineError("MR_KEY_NULL", { operator, row, value: "null" });
    case STATUS_NAN_KEY:
      return new EngineError("MR_KEY_NAN", { operator, row });
    case STATUS_NULL_TIMESTAMP:
      return new EngineError("MR_RECORD_NO_TIMESTAMP");
    case STATUS_BAD_BATCH:
      return new EngineError("MR_BATCH_CORRUPT", {
        message: `${kernel} of ${operator} refused it`,
      });
    default:
      return new EngineError("MR_KERNEL_FAILED", { operator, kernel, status });
  }
}

/** A trap (or another exception) out of a kernel. */
export function trapError(cause: unknown, call: KernelCall): EngineError {
  if (cause instanceof EngineError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("MR_KERNEL_TRAP", { ...callDetails(call), message }, cause);
}

function callDetails(call: KernelCall): { operator: string; kernel: string } {
  return { operator: call.operator, kernel: call.kernel };
}
