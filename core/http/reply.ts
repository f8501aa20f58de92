/**
 * A reply of any size that is streamed: status and headers are sent first, the text follows in parts.
 * Everything that can fail should run before it is constructed, since an error in its parts can only cut the
 * answer off.
 */
export class Streamed {
  readonly headers: Record<string, string>;
  readonly parts: AsyncIterable<string>;

  /** @param headers including `Content-Type`. */
  constructor(headers: Record<string, string>, parts: AsyncIterable<string>) {
    this.headers = headers;
    this.parts = parts;
  }
}

/**
 * A reply with additional headers, such as `X-Cache`. A `Location` is a path of this API: the kernel puts
 * before it what the caller's address needs.
 */
export class WithHeaders<T> {
  readonly reply: T;
  readonly headers: Record<string, string>;

  constructor(reply: T, headers: Record<string, string>) {
    this.reply = reply;
    this.headers = headers;
  }
}
