import { present } from '../invariant.ts';
import type { Change, Stored } from './change.ts';
import type { Context } from './context.ts';
import { readHead } from './head.ts';
import { changesOf, type ManifestItem, manifestFrom, manifestsPk } from './items.ts';
import { snapshotOf, visible } from './snapshot.ts';

type Kind = Change<Stored>['kind'];

/** The audit record of a committed transaction in one tenant. */
export interface Manifest {
  tenant: string;
  txId: string;
  /** The user who wrote it. */
  actor: string;
  /** The caller's note about the request. */
  note: string | undefined;
  /** The time of writing, RFC 3339. */
  at: string;
  changes: { id: string; kind: Kind }[];
}

export interface HistoryQuestion {
  /** Only transactions with at least one such change. */
  action?: Kind;
  /** Only transactions that changed the record with this id. */
  resource?: string;
  /** The last txId seen. */
  after?: string;
  limit: number;
}

/** Pages of at most 1 MB that one call reads, so that its work is bounded. */
const pagesMax = 5;
/** Manifests per page if a filter may drop most of them. */
const manifestsPerFilteredPage = 1_000;

const kinds: Record<string, Kind> = { c: 'create', u: 'update', d: 'delete' };

function historyEntry(item: ManifestItem, tenant: string): Manifest {
  const changes = changesOf(item).map(({ id, letter }) => {
    return { id, kind: present(kinds[letter], 'a manifest has known kinds') };
  });
  const actor = present(item.user, 'a manifest has its user');
  const at = present(item.at, 'a manifest has its time');
  return { tenant, txId: item.sk, actor, note: item.note, at, changes };
}

/**
 * The committed transactions of a tenant in its present snapshot, the newest first (by the time they began).
 * May return fewer than `limit`, even none, together with a `next`: the work of one call is bounded.
 */
export async function historyOf(
  context: Context,
  tenant: string,
  question: HistoryQuestion,
): Promise<{ transactions: Manifest[]; next?: string }> {
  const { action, resource, after, limit } = question;
  const snapshot = snapshotOf(tenant, await readHead(context, tenant));
  const pk = manifestsPk(context.ledger, tenant);
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
      Limit: filtered ? manifestsPerFilteredPage : limit - transactions.length,
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
