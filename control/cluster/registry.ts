/**
 * What the service must remember when it is killed: bundles, programs and jobs, in a LevelDB database of the data
 * directory, which also keeps two services from one directory.
 *
 * Writes reach the database in the order they were asked for. They survive the death of this process; durable ones
 * that of the machine, too.
 */
import { deserialize, serialize } from "node:v8";
import { ClassicLevel } from "classic-level";
import { EngineError } from "../../dataplane/protocol/errors.ts";
import type { JarRecord, JobRecord, ProgramRecord } from "./records.ts";

/** Of the records. A database of another one is refused, never misread. */
const FORMAT = 1;
const FORMAT_KEY = "format";

export interface RegistryContents {
  readonly jars: readonly JarRecord[];
  readonly programs: readonly ProgramRecord[];
  readonly jobs: readonly JobRecord[];
}

type Kind = keyof RegistryContents;
type RecordOf<K extends Kind> = RegistryContents[K][number];

export class Registry {
  readonly #database: ClassicLevel<string, Buffer>;
  #last: Promise<void> = Promise.resolve();

  private constructor(database: ClassicLevel<string, Buffer>) {
    this.#database = database;
  }

  /** Errors: MR_DATA_DIRECTORY. */
  static async open(directory: string): Promise<Registry> {
    const database = new ClassicLevel<string, Buffer>(directory, { valueEncoding: "buffer" });
    try {
      await database.open();
      const format = await database.get(FORMAT_KEY);
      if (format === undefined) await database.put(FORMAT_KEY, serialize(FORMAT), { sync: true });
      else if (deserialize(format) !== FORMAT) {
        await database.close();
        throw new Error(
          `its records have format ${deserialize(format)}, this version reads ${FORMAT}`,
        );
      }
      return new Registry(database);
    } catch (error) {
      throw new EngineError("MR_DATA_DIRECTORY", { directory, message: reasonOf(error) }, error);
    }
  }

  async read(): Promise<RegistryContents> {
    return {
      jars: await this.#all("jars"),
      programs: await this.#all("programs"),
      jobs: await this.#all("jobs"),
    };
  }

  put<K extends Kind>(
    kind: K,
    id: string,
    record: RecordOf<K>,
    options: { readonly durable: boolean },
  ): Promise<void> {
    // Taken down now: the record may change before its turn.
    const bytes = serialize(record);
    return this.#inTurn(() =>
      this.#database.put(`${kind}/${id}`, bytes, { sync: options.durable }),
    );
  }

  remove(kind: Kind, id: string): Promise<void> {
    return this.#inTurn(() => this.#database.del(`${kind}/${id}`, { sync: true }));
  }

  /** Settled when all that was asked for before has been tried. */
  written(): Promise<void> {
    return this.#last;
  }

  /** When all that was asked for is written. */
  async close(): Promise<void> {
    await this.#last;
    await this.#database.close();
  }

  async #all<K extends Kind>(kind: K): Promise<readonly RecordOf<K>[]> {
    const values = await this.#database.values({ gt: `${kind}/`, lt: `${kind}0` }).all();
    return values.map((bytes) => deserialize(bytes) as RecordOf<K>);
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const done = this.#last.then(write);
    // Whoever has asked for it is told; the next one has its turn all the same.
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The database says only in the cause what is wrong. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : null;
  if (cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED") {
    return "another service uses it";
  }
  const innermost = cause instanceof Error ? cause : error;
  return innermost instanceof Error ? innermost.message : String(innermost);
}
