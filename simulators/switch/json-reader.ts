/**
 * Reads JSON the way the daemon's parser does, so that an ill-formed body is answered with the same words, line and
 * column.
 *
 * Invariant: `index` is the number of bytes consumed. An error found while looking at a byte names the column after it,
 * an error found after consuming a value names the last byte consumed; that difference is visible in the daemon's
 * answers.
 */

export class BodyError extends Error {
  /** Where in the document, such as `members[0].port_id`; null until the field that failed is known. */
  path: string | null = null;
  constructor(
    readonly reason: string,
    public position: { line: number; column: number } | null = null,
  ) {
    super(reason);
  }

  describe(): string {
    const prefix = this.path ? `${this.path}: ` : '';
    const { line, column } = this.position ?? { line: 1, column: 0 };
    return `${prefix}${this.reason} at line ${line} column ${column}`;
  }
}

export class JsonReader {
  index = 0;
  constructor(private readonly bytes: Buffer) {}

  /** The next byte after white space, as a character; undefined at the end. */
  peek(): string | undefined {
    while (this.index < this.bytes.length && ' \n\t\r'.includes(this.charAt(this.index))) this.index++;
    return this.index < this.bytes.length ? this.charAt(this.index) : undefined;
  }

  private charAt(at: number): string {
    return String.fromCharCode(this.bytes[at] ?? 0);
  }

  positionAt(at: number): { line: number; column: number } {
    const before = this.bytes.subarray(0, at);
    let line = 1;
    for (const byte of before) if (byte === 10) line++;
    return { line, column: at - (before.lastIndexOf(10) + 1) };
  }

  peekError(reason: string): BodyError {
    return new BodyError(reason, this.positionAt(Math.min(this.bytes.length, this.index + 1)));
  }

  errorHere(reason: string): BodyError {
    return new BodyError(reason, this.positionAt(this.index));
  }

  string(): string {
    const start = this.index++;
    for (; this.index < this.bytes.length; this.index++) {
      const char = this.charAt(this.index);
      if (char === '\\') this.index++;
      else if (char === '"') return this.unescape(start, ++this.index);
      else if (char < ' ') {
        this.index++;
        throw this.errorHere('control character (\\u0000-\\u001F) found while parsing a string');
      }
    }
    this.index = this.bytes.length;
    throw this.errorHere('EOF while parsing a string');
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.bytes.toString('utf8', start, end)) as string;
    } catch {
      throw this.errorHere('invalid escape');
    }
  }

  /** The text of a number. */
  number(): string {
    const found = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(
      this.bytes.toString('latin1', this.index, this.index + 400),
    );
    if (!found) {
      this.index++;
      throw this.peekError('invalid number');
    }
    this.index += found[0].length;
    return found[0];
  }

  literal(word: 'null' | 'true' | 'false'): void {
    for (const char of word) {
      if (this.index >= this.bytes.length) throw this.errorHere('EOF while parsing a value');
      if (this.charAt(this.index++) !== char) throw this.errorHere('expected ident');
    }
  }

  /** Reads the separator before the next element of an object or a list; false at its end, which stays unread. */
  more(first: boolean, close: '}' | ']'): boolean {
    const [separator, ending] =
      close === '}' ? ['expected `,` or `}`', 'an object'] : ['expected `,` or `]`', 'a list'];
    let next = this.peek();
    if (next === undefined) throw this.peekError(`EOF while parsing ${ending}`);
    if (next === close) return false;
    if (!first) {
      if (next !== ',') throw this.peekError(separator ?? '');
      this.index++;
      next = this.peek();
      if (next === close) throw this.peekError('trailing comma');
      if (next === undefined) throw this.peekError('EOF while parsing a value');
    }
    if (close === '}' && next !== '"') throw this.peekError('key must be a string');
    return true;
  }

  colon(): void {
    const next = this.peek();
    if (next === undefined) throw this.peekError('EOF while parsing an object');
    if (next !== ':') throw this.peekError('expected `:`');
    this.index++;
  }

  /** Closes an object or a list; also called after an error inside, because the parser does so and moves on by it. */
  close(close: '}' | ']'): void {
    const next = this.peek();
    if (next === undefined) throw this.peekError(`EOF while parsing ${close === '}' ? 'an object' : 'a list'}`);
    if (next === close) {
      this.index++;
      return;
    }
    if (next !== ',') throw this.peekError('trailing characters');
    if (close === '}') throw this.peekError('trailing comma');
    this.index++;
    throw this.peekError(this.peek() === close ? 'trailing comma' : 'trailing characters');
  }
}
