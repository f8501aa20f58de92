import { cursor as cursorOf } from '../../core/http/cursor.ts';
import type { View } from '../../core/ledger/ledger.ts';
import { asPatient, type Patient } from './patient.ts';

export interface PageRequest {
  limit: number;
  /** Patients to skip before the page; not used with a cursor. */
  offset: number;
  /** Tenant and id of the last patient of the previous page (keyset pagination). */
  cursor: [tenant: string, id: string] | undefined;
}

/**
 * Bytes of the patients of a page, as JSON. A page that would be larger ends early: a Lambda answers 6 MB at
 * most, and JSON within JSON can double.
 */
const pageBytesMax = 2_500_000;

/** Takes patients while their JSON fits. The first is always taken, so that every page makes progress. */
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
 * A page of the patients of some tenants, tenant by tenant, each in the order of creation.
 *
 * It ends early if the patients would be too large for an answer, and its `limit` then is their number.
 * Tenants that the offset skips as a whole are not read, since their totals are exact.
 */
export async function pageOf(views: View<Patient>[], { limit, offset, cursor }: PageRequest) {
  const [tenant, lastId] = cursor ?? [];
  const remaining = views
    .filter((view) => tenant === undefined || view.tenant >= tenant)
    .toSorted((one, other) => (one.tenant < other.tenant ? -1 : 1));
  const room = roomFor(pageBytesMax);
  const documents: Patient[] = [];
  let skip = cursor ? 0 : offset;
  let more = false;
  let cut = false;
  for (const view of remaining) {
    const total = view.counter('total');
    if (skip >= total) {
      skip -= total;
      continue;
    }
    more = documents.length === limit;
    if (more) break;
    const after = view.tenant === tenant ? lastId : undefined;
    const page = await view.list({ limit: limit - documents.length, offset: skip, after });
    const fitting = room.take(page.documents.map(asPatient));
    documents.push(...fitting);
    cut = fitting.length < page.documents.length;
    more = cut || page.next !== undefined;
    if (more) break;
    skip = 0;
  }
  const last = documents.at(-1);
  return {
    patients: documents,
    // Callers add it to their offset to get the next page.
    limit: cut ? documents.length : limit,
    total: views.reduce((sum, view) => sum + view.counter('total'), 0),
    next_cursor: more && last ? cursorOf(last.tenant_id, last.id) : null,
  };
}
