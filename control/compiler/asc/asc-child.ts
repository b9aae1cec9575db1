/**
 * One process of the compiler, from start to end. It keeps this process alive while it is busy and never
 * otherwise, and ends by itself when this process does.
 *
 * Invariants: at most one request is pending; once ended, it takes none and `onEnd` has been called.
 */
import { type ChildProcess, fork } from "node:child_process";
import { Socket } from "node:net";
import type { AscAnswer, AscRequest } from "./asc-messages.ts";
import type { Library } from "./library.ts";

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const ascProcessUrl = new URL(`./asc-process.${extension}`, import.meta.url);
/** Characters kept of what a process says before it breaks. */
const LAST_WORDS = 2000;

interface Pending {
  readonly resolve: (answer: AscAnswer) => void;
  readonly reject: (reason: Error) => void;
}

export class AscChild {
  readonly #process: ChildProcess;
  readonly #onEnd: (child: AscChild) => void;
  #pending: Pending | null = null;
  #isEnded = false;
  #lastWords = "";

  constructor(library: Library, onEnd: (child: AscChild) => void) {
    this.#onEnd = onEnd;
    // Flags of this process, such as those of a debugger, are not for the child.
    const child = fork(ascProcessUrl, {
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#process = child;
    child.on("message", (answer: AscAnswer) => this.#settle(answer));
    child.on("error", (error) => this.#finish(error.message));
    child.on("close", (code, signal) => this.#finish(describeEnd(code, signal, this.#lastWords)));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    this.#send({ kind: "library", files: library.files });
    this.#release();
  }

  get processId(): number | null {
    return this.#process.pid ?? null;
  }

  get isBusy(): boolean {
    return this.#pending !== null;
  }

  /** Rejects with a plain error that says how the process ended, should it end first. */
  compile(text: string, withWat: boolean): Promise<AscAnswer> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#hold();
      this.#send({ kind: "compile", text, withWat });
    });
  }

  /** Lets an idle process end by itself. */
  end(): void {
    this.#finish("it was ended");
    if (this.#process.connected) this.#process.disconnect();
  }

  kill(reason: string): void {
    this.#finish(reason);
    this.#process.kill("SIGKILL");
  }

  #send(request: AscRequest): void {
    this.#process.send(request, (error) => {
      if (error === null || this.#isEnded) return;
      // What cannot be told anything is of no use, or has ended; "close" follows and says how.
      this.#lastWords += error.message;
      this.#process.kill("SIGKILL");
    });
  }

  #settle(answer: AscAnswer): void {
    const pending = this.#pending;
    this.#pending = null;
    this.#release();
    pending?.resolve(answer);
  }

  #finish(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const pending = this.#pending;
    this.#pending = null;
    this.#release();
    this.#onEnd(this);
    pending?.reject(new Error(reason));
  }

  #hold(): void {
    const { channel, stderr } = this.#process;
    this.#process.ref();
    channel?.ref();
    if (stderr instanceof Socket) stderr.ref();
  }

  #release(): void {
    const { channel, stderr } = this.#process;
    this.#process.unref();
    channel?.unref();
    if (stderr instanceof Socket) stderr.unref();
  }
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  const how =
    signal === null ? `its process exited with code ${code}` : `${signal} ended its process`;
  return lastWords === "" ? how : `${how}: ${lastWords.trim()}`;
}
