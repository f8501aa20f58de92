import { createHash } from 'node:crypto';

/**
 * Two bytes of a tenant in the ids of its records. They narrow the tenants that an id may belong to without
 * an index by id across tenants, which DynamoDB only updates with a lag.
 */
const tagOf = (tenant: string): Buffer => createHash('sha256').update(tenant).digest().subarray(0, 2);

/** The number of ids in one millisecond: the counter has 12 bits. */
const recordsPerMillisecond = 4096;

/** The random bytes of an id. */
const randomBytesPerId = 6;

function written(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Makes the ids of the records of one request: UUIDs version 7 (RFC 9562 §5.7) with a counter in their first
 * random field (§6.2, method 1), so that ids sort by creation, and within a request in its order. Of the 62
 * bits that follow, 46 are random and 16 are the tenant's tag.
 *
 * @param tenants the tenant of each record.
 * @param now milliseconds since the epoch.
 * @param randomBytes `crypto.randomBytes`, which tests replace.
 */
export function recordIds(tenants: string[], now: number, randomBytes: (size: number) => Buffer): string[] {
  const tags = new Map([...new Set(tenants)].map((tenant) => [tenant, tagOf(tenant)]));
  const random = randomBytes(randomBytesPerId * tenants.length);
  return tenants.map((tenant, position) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUIntBE(now + Math.floor(position / recordsPerMillisecond), 0, 6);
    bytes.writeUInt16BE(0x7000 | (position % recordsPerMillisecond), 6);
    random.copy(bytes, 8, randomBytesPerId * position, randomBytesPerId * (position + 1));
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    tags.get(tenant)?.copy(bytes, 14);
    return written(bytes);
  });
}

/**
 * True if the id may be of a record of the tenant: always for its own, by chance for one foreign id in
 * 65,536.
 */
export const mayBelongTo = (id: string, tenant: string): boolean =>
  id.endsWith(tagOf(tenant).toString('hex'));
