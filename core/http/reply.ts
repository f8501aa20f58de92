/**
 * A reply that is written while it is read, whatever its size: status and headers go out first, the text follows in parts. What can
 * fail should have failed before it is made: a fault in its parts can only cut it off.
 */
export class Streamed {
  readonly headers: Record<string, string>;
  readonly parts: AsyncIterable<string>;

  /** @param headers with its `Content-Type`. */
  constructor(headers: Record<string, string>, parts: AsyncIterable<string>) {
    this.headers = headers;
    this.parts = parts;
  }
}

/** A reply with headers of its own, such as `Location` or `X-Cache`. */
export class WithHeaders<T> {
  readonly reply: T;
  readonly headers: Record<string, string>;

  constructor(reply: T, headers: Record<string, string>) {
    this.reply = reply;
    this.headers = headers;
  }
}
