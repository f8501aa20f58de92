import { cursor as cursorOf } from '../../core/http/cursor.ts';
import type { View } from '../../core/ledger/ledger.ts';
import type { Patient } from './patient.ts';

export interface PageRequest {
  limit: number;
  /** How many patients to skip before the page; a cursor takes its place. */
  offset: number;
  /** Tenant and id of the last patient of the page before. */
  cursor: [tenant: string, id: string] | undefined;
}

/** A page ends early rather than becoming too large to answer: Lambda hands over 6 MB, and JSON within JSON can double. */
const PAGE_BYTES = 2_500_000;

/** Takes patients as long as their JSON fits, but always the first. */
function roomFor(bytes: number) {
  let left = bytes;
  let taken = 0;
  return {
    take(patients: Patient[]): Patient[] {
      const end = patients.findIndex((patient) => {
        left -= Buffer.byteLength(JSON.stringify(patient));
        taken += 1;
        return left < 0 && taken > 1;
      });
      return end === -1 ? patients : patients.slice(0, end);
    },
  };
}

/**
 * One page of the patients of some tenants, tenant by tenant, each in the order of creation.
 *
 * It has fewer than `limit` where they would be too large to answer, and says so in its `limit`. Exact totals tell which tenants an offset skips as a whole, so only those that the page touches are read.
 */
export async function pageOf(views: View<Patient>[], { limit, offset, cursor }: PageRequest) {
  const [tenant, lastId] = cursor ?? ['', ''];
  const ahead = views
    .filter((view) => view.tenant >= tenant)
    .toSorted((one, other) => (one.tenant < other.tenant ? -1 : 1));
  const room = roomFor(PAGE_BYTES);
  const documents: Patient[] = [];
  let skip = cursor ? 0 : offset;
  let more = false;
  let cut = false;
  for (const view of ahead) {
    const total = view.counter('total');
    if (skip >= total) {
      skip -= total;
      continue;
    }
    more = documents.length === limit;
    if (more) break;
    const after = view.tenant === tenant ? lastId : undefined;
    const page = await view.list({ limit: limit - documents.length, offset: skip, after });
    const fitting = room.take(page.documents);
    documents.push(...fitting);
    cut = fitting.length < page.documents.length;
    more = cut || page.next !== undefined;
    if (more) break;
    skip = 0;
  }
  const last = documents.at(-1);
  return {
    patients: documents,
    // Who goes on by offset adds the limit: it must be the one that was kept.
    limit: cut ? documents.length : limit,
    total: views.reduce((sum, view) => sum + view.counter('total'), 0),
    next_cursor: more && last ? cursorOf(last.tenant_id, last.id) : null,
  };
}
