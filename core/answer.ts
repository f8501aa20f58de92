/** A reply with headers of its own, such as `Location` or `X-Cache`. */
export class WithHeaders<T> {
  readonly reply: T;
  readonly headers: Record<string, string>;

  constructor(reply: T, headers: Record<string, string>) {
    this.reply = reply;
    this.headers = headers;
  }
}
