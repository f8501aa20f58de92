import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { invariant } from '../../../core/invariant.ts';

/**
 * Longer documents are deflated, in UTF-8. With up to 220 bytes of keys, places and names of attributes, a
 * shorter one fits one kilobyte, the unit by which DynamoDB bills writes, as it is.
 */
const plainBytesMax = 800;

/**
 * A record as it is stored: JSON text, or its deflated bytes (RFC 1951). Text, because DynamoDB's client
 * takes half the time for it that it takes for a map, and it keeps the order of fields. Deflated, because a
 * write is billed by the kilobyte, and ordinary records of up to two kilobytes then fit one.
 */
export function packed(record: object): string | Uint8Array {
  const text = JSON.stringify(record);
  return Buffer.byteLength(text) <= plainBytesMax ? text : deflateRawSync(text);
}

/**
 * The record of which `packed` made this. It was checked by its schema before it was stored; here only its
 * form is checked, since an export reads 10,000 of them.
 *
 * @throws BrokenInvariant for anything else than text and bytes.
 */
export function unpacked<R>(stored: unknown): R {
  if (stored instanceof Uint8Array) return JSON.parse(inflateRawSync(stored).toString()) as R;
  invariant(typeof stored === 'string', 'a record is stored as JSON text, plain or deflated');
  return JSON.parse(stored) as R;
}
