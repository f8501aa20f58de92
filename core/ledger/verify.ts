import type { TableName } from '../contract/resources.ts';
import { getAll } from '../dynamo/get-all.ts';
import type { Item, TableKey } from '../dynamo/store.ts';
import { invariant } from '../invariant.ts';
import {
  brokenRule,
  countInIndex,
  type Finding,
  itemsOf,
  keyOf,
  type Verifier,
  type VerifyDeps,
} from '../verify/verifier.ts';
import type { Stored } from './change.ts';
import {
  allListedIn,
  changesOf,
  type HeadItem,
  headFrom,
  headKey,
  idsOf,
  isName,
  type ManifestItem,
  manifestFrom,
  manifestsPk,
  type RecordItem,
  recordFrom,
  recordKey,
  recordsPk,
  tenantKey,
  thinIndex,
} from './items.ts';
import { resolve, type Snapshot, snapshotOf, visible } from './snapshot.ts';
import { undoOf } from './undo.ts';

/** What verification knows of one ledger. */
export interface VerifiedLedger<T extends Stored> {
  name: TableName;
  counters(document: T): string[];
}

/** Of each tenant's ledger: HEAD, its records and their index, and its manifests. */
export function ledgerVerifiers<T extends Stored>(ledger: VerifiedLedger<T>): Verifier[] {
  const { name: table } = ledger;
  const hasHead = async (deps: VerifyDeps, tenant: string) =>
    (await deps.store.get(deps.table(table), headKey(tenant))) !== undefined;
  return [
    { table, prefix: 'HEAD#', verify: (deps, pk) => tenantFindings(ledger, deps, pk.slice('HEAD#'.length)) },
    ...['REC#', 'KEY#'].map(
      (prefix): Verifier => ({
        table,
        prefix,
        async *verify(deps, pk) {
          if (!(await hasHead(deps, pk.slice(prefix.length))))
            yield { rule: 'records belong to a HEAD', table, key: { pk } };
        },
      }),
    ),
    {
      table,
      prefix: 'TENANTS',
      async *verify(deps, pk) {
        for await (const line of itemsOf(deps, table, pk))
          if (!(await hasHead(deps, String(line.sk))))
            yield { rule: 'a registered tenant has a HEAD', table, key: keyOf(line) };
      },
    },
    { table, prefix: 'MULTI', async *verify() {} },
    {
      table: 'audit',
      prefix: `${table}#`,
      verify: (deps, pk) => manifestFindings(ledger, deps, pk.slice(table.length + 1)),
    },
  ];
}

/** Sums by the names of HEAD's attributes. */
class Sums extends Map<string, number> {
  add(name: string, by = 1): void {
    this.set(name, (this.get(name) ?? 0) + by);
  }
}

/** Names of counters that differ. One that is absent is 0. */
const differing = (counted: Sums, head: Item, isOne: (name: string) => boolean): string[] =>
  [...new Set([...counted.keys(), ...Object.keys(head)])]
    .filter(isOne)
    .filter((name) => (counted.get(name) ?? 0) !== (head[name] ?? 0));

/** The HEAD of a tenant; one that cannot be read throws. */
async function readHead({ store, table }: VerifyDeps, ledger: TableName, tenant: string) {
  const item = await store.get(table(ledger), headKey(tenant));
  return item && headFrom(item);
}

async function* tenantFindings<T extends Stored>(
  ledger: VerifiedLedger<T>,
  deps: VerifyDeps,
  tenant: string,
): AsyncGenerator<Finding> {
  const table = ledger.name;
  const key = headKey(tenant);
  const head = await readHead(deps, table, tenant);
  if (!head) return;
  yield* brokenHead(table, head);
  if (!(await deps.store.get(deps.table(table), tenantKey(tenant))))
    yield { rule: 'a HEAD is registered among the tenants', table, key };

  // Those of a tenant who has some are counted with their partition.
  if (head.seq > 0 && !(await hasManifests(deps, table, tenant))) yield { rule: commitsRule, table, key };

  const snapshot = snapshotOf(tenant, head);
  const counted = new Sums();
  let [inPartition, seen] = [0, 0];
  for await (const { item, rule, record } of readableRecords(deps, table, tenant)) {
    if (!record) {
      yield { rule, table, key: keyOf(item) };
      continue;
    }
    if (!isName(record.sk)) inPartition += 1;
    const broken = await brokenRule(async () => {
      await checkRecord(deps, table, tenant, record, head);
      const document = resolve<T>(record, snapshot);
      if (!document) return;
      if (!isName(record.sk)) seen += 1;
      for (const name of ledger.counters(document)) counted.add(`count:${name}`);
    });
    if (broken !== undefined) yield { rule: broken, table, key: keyOf(item) };
  }
  const live = (head as Item & HeadItem)['op:create'] ?? 0;
  const gone = (head as Item & HeadItem)['op:delete'] ?? 0;
  if (Number(live) - Number(gone) !== seen)
    yield { rule: 'creations less deletions are the records that are there', table, key };
  for (const name of differing(counted, { ...head }, (one) => one.startsWith('count:')))
    yield { rule: `the counter ${name} equals what is there`, table, key };
  if ((await countInIndex(deps, table, thinIndex, recordsPk(tenant))) !== inPartition)
    yield { rule: 'the thin index has each record once', table, key: { pk: recordsPk(tenant) } };
}

const commitsRule = 'HEAD counts as many commits as there are manifests';

async function hasManifests(deps: VerifyDeps, table: TableName, tenant: string): Promise<boolean> {
  for await (const _ of itemsOf(deps, 'audit', manifestsPk(table, tenant))) return true;
  return false;
}

function* brokenHead(table: TableName, head: HeadItem): Generator<Finding> {
  const key = { pk: head.pk, sk: head.sk };
  const listed = Object.keys(head.f).sort();
  if (String(listed) !== String(Object.keys(head.gn).sort()))
    yield { rule: 'HEAD lists the same transactions with their states and with their stamps', table, key };
  const stamps = Object.values(head.gn);
  if (new Set(stamps).size < stamps.length || stamps.some((stamp) => stamp > head.reg))
    yield { rule: 'stamps are drawn from HEAD, each once', table, key };
  const negative = Object.entries(head).filter(([name, n]) => /^(count|op):/.test(name) && Number(n) < 0);
  if (negative.length > 0) yield { rule: 'no counter is below 0', table, key };
}

/** The records of a tenant with those that cannot be read, listed and named ones. */
async function* readableRecords(deps: VerifyDeps, table: TableName, tenant: string) {
  for (const pk of [recordsPk(tenant), recordKey(tenant, '~').pk])
    for await (const item of itemsOf(deps, table, pk)) {
      let record: RecordItem | undefined;
      const rule = await brokenRule(() => {
        record = recordFrom(item);
      });
      yield { item, rule: rule ?? '', record };
    }
}

async function checkRecord(
  deps: VerifyDeps,
  table: TableName,
  tenant: string,
  record: RecordItem,
  head: HeadItem,
): Promise<void> {
  invariant(isName(record.sk) || record.ix === record.sk, 'a listed record has its id in the thin index');
  invariant(record.c <= record.tx, 'a record is created before it is changed');
  // Written after HEAD was read, perhaps: then a later HEAD knows its stamp.
  const known = record.tx <= head.reg ? head : ((await readHead(deps, table, tenant)) ?? head);
  invariant(record.tx <= known.reg, 'no record has a stamp above HEAD’s');
  const listed = allListedIn(known).find(({ stamp }) => stamp === record.tx);
  if (!listed) return;
  invariant(record.c === record.tx || undoOf(record), 'an undecided change keeps its undo');
  const manifest = await deps.store.get(deps.table('audit'), {
    pk: manifestsPk(table, tenant),
    sk: listed.txId,
  });
  const isNamed = manifest?.n === record.tx && idsOf(manifestFrom(manifest)).includes(record.sk);
  // An undecided transaction may have ended since its HEAD was read.
  if (isNamed || !allListedIn(await readHead(deps, table, tenant)).some(({ stamp }) => stamp === record.tx))
    return;
  invariant(isNamed, 'a record of an undecided transaction is in its manifest');
}

/** What a committed transaction changed, of which its records show nothing. */
interface BrokenTransaction {
  manifest: ManifestItem;
  /** Ids of records that are missing, or older than the transaction. */
  without: string[];
}

export interface ManifestWalk {
  /** Committed transactions. */
  committed: number;
  /** Records created, updated and deleted by them, by the names of HEAD's counters. */
  operations: Map<string, number>;
  broken: BrokenTransaction[];
  /** Manifests whose stamps HEAD has not drawn. */
  above: TableKey[];
  /** Manifests of aborted transactions of which a record is left. */
  traces: TableKey[];
}

/**
 * Compares the manifests of a tenant, in the order of their beginnings, with the records that they name.
 * Keeps the ids of records that are gone, until their deletion is found.
 */
export async function walkManifests(
  deps: VerifyDeps,
  ledger: TableName,
  tenant: string,
  head: HeadItem | undefined,
): Promise<ManifestWalk> {
  const snapshot: Snapshot = snapshotOf(tenant, head);
  const operations = new Sums();
  const walk: ManifestWalk = { committed: 0, operations, broken: [], above: [], traces: [] };
  const listed = new Set(allListedIn(head).map(({ txId }) => txId));
  /** By id: the transactions that need the record. */
  const missing = new Map<string, ManifestItem[]>();
  const lacking = (manifest: ManifestItem, id: string) => {
    const known = walk.broken.find((one) => one.manifest === manifest);
    if (known) known.without.push(id);
    else walk.broken.push({ manifest, without: [id] });
  };
  for await (const item of itemsOf(deps, 'audit', manifestsPk(ledger, tenant))) {
    const manifest = manifestFrom(item);
    const { n: stamp, sk: txId } = manifest;
    if (listed.has(txId) || stamp === undefined) continue;
    const changes = changesOf(manifest);
    const keys = changes.map(({ id }) => recordKey(tenant, id));
    const records = await getAll(deps.store, deps.table(ledger), keys, ['tx', 'c', 'x']);
    if (manifest.st === 'ABORTED') {
      if (records.all().some(({ tx }) => tx === stamp)) walk.traces.push(keyOf(item));
      continue;
    }
    if (!visible(stamp, snapshot)) {
      walk.above.push(keyOf(item));
      continue;
    }
    walk.committed += 1;
    for (const { id, letter } of changes) {
      const record = records.get(recordKey(tenant, id));
      if (!isName(id)) operations.add(`op:${({ c: 'create', u: 'update' } as Item)[letter] ?? 'delete'}`);
      if (record && Number(record.tx) < stamp) lacking(manifest, id);
      if (record) continue;
      if (letter === 'd') missing.delete(id);
      else missing.set(id, [...(missing.get(id) ?? []), manifest]);
    }
  }
  for (const [id, manifests] of missing) for (const manifest of manifests) lacking(manifest, id);
  return walk;
}

async function* manifestFindings<T extends Stored>(
  { name: table }: VerifiedLedger<T>,
  deps: VerifyDeps,
  tenant: string,
): AsyncGenerator<Finding> {
  const head = await readHead(deps, table, tenant);
  const key = headKey(tenant);
  if (!head) {
    // Fences may be put before a tenant's first transaction has opened its HEAD.
    for await (const item of itemsOf(deps, 'audit', manifestsPk(table, tenant)))
      if (item.n !== undefined) yield { rule: 'a manifest has a HEAD', table: 'audit', key: keyOf(item) };
    return;
  }
  const walk = await walkManifests(deps, table, tenant, head);
  for (const found of walk.above)
    yield { rule: 'no manifest has a stamp above HEAD’s', table: 'audit', key: found };
  for (const found of walk.traces)
    yield { rule: 'nothing is left of an aborted transaction', table: 'audit', key: found };
  for (const { manifest, without } of walk.broken)
    for (const id of without)
      yield {
        rule: `a record shows each committed change (${manifest.sk})`,
        table,
        key: recordKey(tenant, id),
      };
  if (walk.committed !== head.seq) yield { rule: commitsRule, table, key };
  const counted = new Sums(walk.operations);
  for (const name of differing(counted, { ...head }, (one) => one.startsWith('op:')))
    yield { rule: `the counter ${name} equals the changes in the manifests`, table, key };
}
