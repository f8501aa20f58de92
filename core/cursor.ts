/** Where a list goes on, as callers see it: opaque, and safe in a URL. */
export const cursor = (...place: (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** The place that a cursor names, or `undefined` for a text that is none of ours. */
export function placeOf(text: string): (string | number)[] | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const isPlace =
      Array.isArray(place) && place.every((part) => typeof part === 'string' || typeof part === 'number');
    return isPlace ? place : undefined;
  } catch {
    return undefined;
  }
}
