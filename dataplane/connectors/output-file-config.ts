/** How the part files of a file sink are called (after Flink's OutputFileConfig). */
import { EngineError } from "../protocol/errors.ts";

/**
 * `<prefix>-<id of the writer>-<count><suffix>`.
 *
 * ```ts
 * OutputFileConfig.builder().withPartPrefix("words").withPartSuffix(".txt").build();
 * ```
 * @public
 */
export class OutputFileConfig {
  readonly #prefix: string;
  readonly #suffix: string;

  /** Throws MR_FUNCTION_INVALID. */
  constructor(partPrefix: string, partSuffix: string) {
    this.#prefix = checkPart(partPrefix, "withPartPrefix()");
    this.#suffix = checkPart(partSuffix, "withPartSuffix()");
  }

  static builder(): OutputFileConfigBuilder {
    return new OutputFileConfigBuilder();
  }

  getPartPrefix(): string {
    return this.#prefix;
  }

  getPartSuffix(): string {
    return this.#suffix;
  }
}

/** @public */
export class OutputFileConfigBuilder {
  #prefix = "part";
  #suffix = "";

  withPartPrefix(prefix: string): this {
    this.#prefix = prefix;
    return this;
  }

  withPartSuffix(suffix: string): this {
    this.#suffix = suffix;
    return this;
  }

  /** Throws MR_FUNCTION_INVALID. */
  build(): OutputFileConfig {
    return new OutputFileConfig(this.#prefix, this.#suffix);
  }
}

function checkPart(part: unknown, operation: string): string {
  if (typeof part === "string" && !part.includes("/") && !part.includes("\0")) return part;
  const expected = "a part of a file's name, without /";
  throw new EngineError("MR_FUNCTION_INVALID", { operation, expected, actual: String(part) });
}
