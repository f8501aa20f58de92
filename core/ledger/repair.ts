import { isDeepStrictEqual } from 'node:util';
import { timestamp } from '../clock.ts';
import { invariant } from '../invariant.ts';
import { itemsOf, type VerifyDeps } from '../verify/verifier.ts';
import type { Stored } from './change.ts';
import {
  allListedIn,
  changesOf,
  documentOf,
  type HeadItem,
  headFrom,
  headKey,
  isName,
  type ManifestItem,
  manifestFrom,
  manifestsPk,
  type RecordItem,
  recordFrom,
  recordKey,
  recordsPk,
  tenantKey,
} from './items.ts';
import { abortedManifest } from './manifest-writes.ts';
import { rollBack } from './recovery.ts';
import { undone, undoOf } from './undo.ts';
import { type VerifiedLedger, walkManifests } from './verify.ts';

/** What a repair did, or would do, in one tenant. */
export interface Repair {
  /** Transactions of which not all is there: nothing of them is kept. */
  undone: number;
  /** Records that were rolled back to the version before. */
  rolledBack: number;
  /** Records that stay as they are, because the version before is gone, too. */
  stuck: number;
  /** True if HEAD got other numbers. */
  head: boolean;
}

/** The transactions of a tenant, as far as a repair needs them. */
interface Transactions {
  /** The stamps of those of which everything is there. */
  whole: Set<number>;
  broken: ManifestItem[];
  /** The highest stamp, and the changes of records by HEAD's counters, of the whole ones. */
  highest: number;
  operations: Map<string, number>;
}

/**
 * Makes one tenant of a ledger whole again, after its tables were restored at different instants: what HEAD
 * lists as undecided is undone, and so is each transaction of which a record or the manifest is missing. Then
 * HEAD gets the numbers of what is left; last, so that no reader sees a stamp above the old HEAD's on the
 * way. May be repeated after a crash. Nothing else may write meanwhile.
 *
 * @param now milliseconds since the epoch.
 * @param isDry true to change nothing.
 * @throws BrokenInvariant if something else has written HEAD meanwhile.
 */
export async function repairTenant<T extends Stored>(
  ledger: VerifiedLedger<T>,
  deps: VerifyDeps,
  tenant: string,
  { now, isDry }: { now: number; isDry: boolean },
): Promise<Repair> {
  const { name } = ledger;
  const place = { records: deps.table(name), manifests: () => deps.table('audit'), store: deps.store };
  const stored = await deps.store.get(place.records, headKey(tenant));
  const before: HeadItem = stored ? headFrom(stored) : { ...headKey(tenant), reg: 0, seq: 0, f: {}, gn: {} };
  const { whole, broken, operations, highest } = await transactionsOf(deps, name, tenant, before);

  const repair: Repair = { undone: broken.length, rolledBack: 0, stuck: 0, head: false };
  const counters = new Map(operations);
  let reg = Math.max(before.reg, highest);
  for await (const record of recordsOf(deps, name, tenant)) {
    reg = Math.max(reg, record.tx);
    const { left, isStuck } = leftOf(record, whole);
    if (isStuck) repair.stuck += 1;
    if (left !== record) {
      repair.rolledBack += 1;
      // A creation that is not whole takes its later changes with it: none of them is whole either.
      if (!isDry) await rollBack(place, left ? record : { ...record, c: record.tx });
    }
    if (!left || left.x) continue;
    for (const counter of ledger.counters(documentOf<T>(left)))
      counters.set(`count:${counter}`, (counters.get(`count:${counter}`) ?? 0) + 1);
  }
  if (!isDry) for (const manifest of broken) await deps.store.put(abortedManifest(place, manifest));

  const after = { ...headKey(tenant), reg, seq: whole.size, f: {}, gn: {}, ...Object.fromEntries(counters) };
  const { full, ...numbers } = before;
  const present = Object.entries(numbers).filter(([name, n]) => !/^(count|op):/.test(name) || n !== 0);
  repair.head = !isDeepStrictEqual(Object.fromEntries(present), after);
  if (isDry || !repair.head) return repair;
  const { done } = await deps.store.put({
    TableName: place.records,
    Item: { ...after, ...(full === undefined ? {} : { full }) },
    ConditionExpression: 'attribute_not_exists(pk) OR (reg = :reg AND seq = :seq)',
    ExpressionAttributeValues: { ':reg': before.reg, ':seq': before.seq },
  });
  invariant(done, 'nothing else writes while tables are repaired');
  await deps.store.put({
    TableName: place.records,
    Item: { ...tenantKey(tenant), at: timestamp(now) },
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  return repair;
}

async function transactionsOf(
  deps: VerifyDeps,
  name: VerifiedLedger<Stored>['name'],
  tenant: string,
  head: HeadItem,
): Promise<Transactions> {
  // As if HEAD knew every stamp and listed none, so that each manifest is compared with its records.
  const all = { ...head, reg: Number.MAX_SAFE_INTEGER, f: {}, gn: {} };
  const walk = await walkManifests(deps, name, tenant, all);
  const listed = new Set(allListedIn(head).map(({ txId }) => txId));
  const lacking = new Set(walk.broken.map(({ manifest }) => manifest.sk));
  const found: Transactions = { whole: new Set(), broken: [], highest: 0, operations: new Map() };
  const letters: Record<string, string> = { c: 'op:create', u: 'op:update', d: 'op:delete' };
  for await (const item of itemsOf(deps, 'audit', manifestsPk(name, tenant))) {
    const manifest = manifestFrom(item);
    if (manifest.n === undefined) continue;
    found.highest = Math.max(found.highest, manifest.n);
    if (manifest.st === 'ABORTED') continue;
    if (listed.has(manifest.sk) || lacking.has(manifest.sk)) {
      found.broken.push(manifest);
      continue;
    }
    found.whole.add(manifest.n);
    for (const { id, letter } of changesOf(manifest)) {
      const counter = letters[letter];
      if (counter && !isName(id)) found.operations.set(counter, (found.operations.get(counter) ?? 0) + 1);
    }
  }
  return found;
}

async function* recordsOf(
  deps: VerifyDeps,
  name: VerifiedLedger<Stored>['name'],
  tenant: string,
): AsyncGenerator<RecordItem> {
  for (const pk of [recordsPk(tenant), recordKey(tenant, '~').pk])
    for await (const item of itemsOf(deps, name, pk)) yield recordFrom(item);
}

/** What is left of a record if only whole transactions are kept; `isStuck` if more is left than that. */
function leftOf(
  record: RecordItem,
  whole: ReadonlySet<number>,
): { left: RecordItem | undefined; isStuck?: boolean } {
  if (whole.has(record.tx)) return { left: record, isStuck: !whole.has(record.c) };
  if (!whole.has(record.c)) return { left: undefined };
  const undo = undoOf(record);
  if (!undo || !whole.has(undo.tx)) return { left: record, isStuck: true };
  const { u: _undo, x: _tombstone, ...kept } = record;
  return { left: { ...kept, tx: undo.tx, d: JSON.stringify(undone(documentOf(record), undo)) } };
}
