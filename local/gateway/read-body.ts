import type { IncomingMessage } from 'node:http';

/** A body exceeds the byte limit. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/**
 * Reads a request's body to its end. A body above the limit is read but not kept, so that the client can send
 * all of it and then read the response.
 *
 * @throws TooLarge if it has more than `bytesMax` bytes.
 */
export function readBody(message: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bytesMax) chunks.push(chunk);
      else chunks = [];
    });
    message.on('end', () => {
      if (bytes > bytesMax) reject(new TooLarge(`The body has more than ${bytesMax} bytes`));
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    message.on('error', reject);
    message.on('aborted', () => reject(new Error('The client disconnected')));
  });
}
