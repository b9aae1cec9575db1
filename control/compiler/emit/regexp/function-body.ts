/** The lines of a function of a matcher under construction. */
export class FunctionBody {
  readonly lines: string[] = [];
  #depth = 1;
  #names = 0;

  line(text: string): void {
    this.lines.push(`${"  ".repeat(this.#depth)}${text}`);
  }

  /** `head` ends with an opening brace. */
  block(head: string, write: () => void): void {
    this.line(head);
    this.#depth += 1;
    write();
    this.#depth -= 1;
    this.line("}");
  }

  /** A name that the function has not used. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }
}
