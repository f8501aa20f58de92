/** Where a list goes on, as callers see it: opaque, and safe in a URL. */
export const cursor = (...place: (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** What a cursor names, or `undefined` for a text that is none; whether it is a place of the list in question is for its caller to check. */
export function placeOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
