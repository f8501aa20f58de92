/** Encodes the last row of a page for keyset pagination as an opaque text that is safe in a URL. */
export const cursor = (...place: (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/**
 * Decodes a cursor, or returns `undefined` for a text that is none. The content is the client's to forge, so
 * the caller checks that it is a place in its list.
 */
export function placeOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
