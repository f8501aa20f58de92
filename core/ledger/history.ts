import type { Change, Stored } from './change.ts';
import type { Context } from './context.ts';
import { readHead } from './head.ts';
import { idsOf, type ManifestItem, manifestFrom, manifestKey } from './items.ts';
import { snapshotOf, visible } from './snapshot.ts';

type Kind = Change<Stored>['kind'];

/** What a committed batch did in one tenant. */
export interface Manifest {
  tenant: string;
  txId: string;
  /** The user who wrote it. */
  actor: string;
  /** The caller's own word about the request. */
  note: string | undefined;
  /** When, RFC 3339. */
  at: string;
  changes: { id: string; kind: Kind }[];
}

export interface HistoryQuestion {
  /** Batches with at least one such change. */
  action?: Kind;
  /** Batches that changed the record with this id. */
  resource?: string;
  /** The last batch seen. */
  after?: string;
  limit: number;
}

/** Of at most 1 MB each: what one call reads, whatever it is asked for. */
const pagesMax = 5;
/** Manifests read at once when a filter may drop most of them. */
const filteredPage = 1_000;

const kinds: Record<string, Kind> = { c: 'create', u: 'update', d: 'delete' };

function historyEntry(item: ManifestItem, tenant: string): Manifest {
  const changes = idsOf(item).map((id, index) => {
    const letter = item.kinds?.[item.kinds === 'c' ? 0 : index] ?? 'c';
    return { id, kind: kinds[letter] as Kind };
  });
  const { sk: txId, user: actor = '', note, at = '' } = item;
  return { tenant, txId, actor, note, at, changes };
}

/**
 * The committed batches of a tenant at the present instant, the newest first (by the time they began).
 * May return fewer than `limit`, even none, together with a `next`: the work of one call is bounded.
 */
export async function historyOf(
  context: Context,
  tenant: string,
  question: HistoryQuestion,
): Promise<{ transactions: Manifest[]; next?: string }> {
  const { action, resource, after, limit } = question;
  const snapshot = snapshotOf(tenant, await readHead(context, tenant));
  const { pk } = manifestKey(context.ledger, tenant, '');
  const conditions = ['attribute_not_exists(st)'];
  const values: Record<string, unknown> = { ':pk': pk };
  if (action) {
    conditions.push('contains(kinds, :letter)');
    values[':letter'] = action[0];
  }
  if (resource !== undefined) {
    conditions.push('contains(ids, :id)');
    values[':id'] = JSON.stringify(resource);
  }
  const filtered = action !== undefined || resource !== undefined;
  const transactions: Manifest[] = [];
  let from = after === undefined ? undefined : { pk, sk: after };
  for (let pages = 0; pages < pagesMax; pages++) {
    const page = await context.store.query({
      TableName: context.manifests(),
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: conditions.join(' AND '),
      ExpressionAttributeValues: values,
      ScanIndexForward: false,
      Limit: filtered ? filteredPage : limit - transactions.length,
      ExclusiveStartKey: from,
    });
    for (const item of page.items.map(manifestFrom)) {
      if (item.n === undefined || !visible(item.n, snapshot)) continue;
      transactions.push(historyEntry(item, tenant));
      if (transactions.length === limit) return { transactions, next: item.sk };
    }
    if (!page.next) return { transactions };
    from = page.next as { pk: string; sk: string };
  }
  return from ? { transactions, next: from.sk } : { transactions };
}
