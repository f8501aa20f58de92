import { cursor as cursorOf } from '../../core/cursor.ts';
import type { View } from '../../core/transaction/ledger.ts';
import type { Patient } from './patient.ts';

export interface PageRequest {
  limit: number;
  /** How many patients to skip before the page; a cursor takes its place. */
  offset: number;
  /** Tenant and id of the last patient of the page before. */
  cursor: (string | number)[] | null | undefined;
}

/**
 * One page of the patients of some tenants, tenant by tenant, each in the order of creation.
 *
 * Exact totals tell which tenants an offset skips as a whole, so only those that the page touches are read.
 */
export async function pageOf(views: View<Patient>[], { limit, offset, cursor }: PageRequest) {
  const [tenant = '', lastId = ''] = (cursor ?? []).map(String);
  const ahead = views
    .filter((view) => view.tenant >= tenant)
    .toSorted((one, other) => (one.tenant < other.tenant ? -1 : 1));
  const documents: Patient[] = [];
  let skip = cursor ? 0 : offset;
  let more = false;
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
    documents.push(...page.documents);
    more = page.next !== undefined;
    if (more) break;
    skip = 0;
  }
  const last = documents.at(-1);
  return {
    patients: documents,
    total: views.reduce((sum, view) => sum + view.counter('total'), 0),
    next_cursor: more && last ? cursorOf(last.tenant_id, last.id) : null,
  };
}
