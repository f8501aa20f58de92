import { createHash } from 'node:crypto';

/**
 * Two bytes that records of a tenant carry in their ids. They tell which tenants an id may belong to without a look-up by id across
 * tenants, for which DynamoDB has only indexes that lag behind.
 */
const tagOf = (tenant: string): Buffer => createHash('sha256').update(tenant).digest().subarray(0, 2);

/** What makes ids of one batch: the instant in milliseconds, and a source of randomness (`crypto.randomBytes`). */
export interface IdSource {
  now: number;
  randomBytes(size: number): Buffer;
}

/** How many ids of one millisecond the counter of an id orders. */
const PER_MILLISECOND = 4096;

/**
 * The id of the record at `position` of a batch: a UUID version 7 (RFC 9562 §5.7) with a counter in its first random field (§6.2,
 * method 1), so that the order of ids is the order of creation, and within a batch the order of the request. Of the 62 bits that
 * follow, 16 are the tenant's tag and 46 are random.
 */
export function recordId(tenant: string, position: number, { now, randomBytes }: IdSource): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now + Math.floor(position / PER_MILLISECOND), 0, 6);
  bytes.writeUInt16BE(0x7000 | (position % PER_MILLISECOND), 6);
  randomBytes(6).copy(bytes, 8);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  tagOf(tenant).copy(bytes, 14);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Whether a record with this id could belong to the tenant: always true for its own, true by chance for one foreign id in 65,536. */
export const mayBelongTo = (id: string, tenant: string): boolean =>
  id.endsWith(tagOf(tenant).toString('hex'));
