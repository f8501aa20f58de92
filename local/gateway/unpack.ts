import { gunzipSync, inflateSync } from 'node:zlib';
import { TooLarge } from './read-body.ts';

/** A body is not packed as its `Content-Encoding` says, or by a coding that API Gateway does not know. */
export class NotPacked extends Error {
  override readonly name = 'NotPacked';
}

/**
 * Unpacks a request's body, as API Gateway does before it calls a function (developer guide, "Call an API
 * method with a compressed payload").
 *
 * @param coding the request's `Content-Encoding`.
 * @throws NotPacked, TooLarge if it would have more than `bytesMax` bytes.
 */
export function unpack(body: Buffer, coding: string | undefined, bytesMax: number): Buffer {
  const name = (coding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || body.length === 0) return body;
  if (name !== 'gzip' && name !== 'deflate') throw new NotPacked(`The coding ${name} is not known`);
  try {
    return (name === 'gzip' ? gunzipSync : inflateSync)(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new TooLarge(`The unpacked body has more than ${bytesMax} bytes`);
    throw new NotPacked(`The body is not ${name}`);
  }
}
