import { isDeepStrictEqual } from 'node:util';
import { isName } from '../../../core/ledger/items.ts';
import type { Change, Manifest } from '../../../core/ledger/ledger.ts';

/** A document of the workload. It names its writer, so that a lost or doubled write shows. */
export interface Doc {
  id: string;
  kind: 'a' | 'b';
  /** The number of times it was written. */
  rev: number;
  /** The operation that wrote it last. */
  by: string;
  note?: string;
}

export const countersOfDoc = (doc: Doc): string[] => ['total', `kind:${doc.kind}`];

/** The changes of an attempt, and the documents on which it decided. */
export interface Plan {
  /** The client's operation; several attempts may serve one. */
  key: string;
  changes: Change<Doc>[];
  /** The documents that `decide` saw, of those to be changed. */
  seen: Doc[];
}

interface State {
  txId: string;
  docs: ReadonlyMap<string, Doc>;
  counters: Record<string, number>;
}

export interface Model {
  plan(txId: string, plan: Plan): void;
  /** This transaction moved a tenant's HEAD to this sequence number. */
  committed(tenant: string, txId: string, seq: number): void;
  seq(tenant: string): number;
  /** All documents that exist now. */
  latest(tenant: string): Doc[];
  /** The documents that exist now, without named records, which are in no list. */
  listed(tenant: string): Doc[];
  tenants(): string[];
  keys(): Map<string, Set<string>>;
  checkDocuments(what: string, tenant: string, seq: number, shown: Doc[], from?: number): void;
  checkOne(tenant: string, seq: number, id: string, shown: Doc | undefined): void;
  checkCounters(tenant: string, seq: number, counters: Record<string, number>): void;
  checkHistory(tenant: string, low: number, high: number, shown: Manifest[]): void;
  checkTogether(seqs: Map<string, number>): void;
  checkFresh(what: string, tenant: string, low: number, seq: number): void;
  violate(text: string): void;
  violations: string[];
}

const sorted = (docs: Iterable<Doc>): Doc[] =>
  [...docs].toSorted((one, other) => (one.id < other.id ? -1 : 1));
const listed = (state: State | undefined): Doc[] =>
  sorted(state?.docs.values() ?? []).filter(({ id }) => !isName(id));
const kindOf: Record<string, string> = { create: 'c', update: 'u', delete: 'd' };
const nonZero = (counters: Record<string, number>) =>
  Object.fromEntries(Object.entries(counters).filter(([, value]) => value !== 0));

/** The state of every tenant at every sequence number, built from the commits in their order. */
export function newModel(): Model {
  const plans = new Map<string, Plan>();
  const states = new Map<string, State[]>();
  const violations: string[] = [];
  const violate = (text: string) => {
    violations.push(text);
  };
  const statesOf = (tenant: string): State[] => {
    const list = states.get(tenant) ?? [{ txId: '', docs: new Map(), counters: {} }];
    states.set(tenant, list);
    return list;
  };
  const at = (tenant: string, seq: number): State | undefined => statesOf(tenant)[seq];
  const seqOf = (tenant: string) => statesOf(tenant).length - 1;

  return {
    violations,
    violate,
    plan: (txId, plan) => plans.set(txId, plan),
    committed: (tenant, txId, seq) => {
      const plan = plans.get(txId);
      const before = at(tenant, seq - 1);
      if (!plan || !before || seq !== seqOf(tenant) + 1) {
        violate(`commit of ${txId} in ${tenant} at ${seq} without a plan, or out of order`);
        return;
      }
      const docs = new Map(before.docs);
      const counters = { ...before.counters };
      const count = (name: string, by: number) => {
        counters[name] = (counters[name] ?? 0) + by;
      };
      for (const change of plan.changes.filter((one) => one.tenant === tenant)) {
        const id = change.kind === 'delete' ? change.id : change.document.id;
        const old = docs.get(id);
        const seen = plan.seen.find((doc) => doc.id === id);
        if (!isDeepStrictEqual(old, seen))
          violate(
            `lost update: ${txId} decided on another version of ${id} than it replaced, in ${tenant} at ${seq}`,
          );
        if (!isName(id)) count(`op:${change.kind}`, 1);
        for (const name of old ? countersOfDoc(old) : []) count(name, -1);
        if (change.kind === 'delete') docs.delete(id);
        else {
          docs.set(id, change.document);
          for (const name of countersOfDoc(change.document)) count(name, 1);
        }
      }
      statesOf(tenant).push({ txId, docs, counters });
    },
    seq: seqOf,
    latest: (tenant) => sorted(at(tenant, seqOf(tenant))?.docs.values() ?? []),
    listed: (tenant) => listed(at(tenant, seqOf(tenant))),
    tenants: () => [...states.keys()],
    keys: () => {
      const keys = new Map<string, Set<string>>();
      for (const list of states.values())
        for (const { txId } of list.slice(1)) {
          const key = plans.get(txId)?.key ?? txId;
          keys.set(key, (keys.get(key) ?? new Set()).add(txId));
        }
      return keys;
    },
    checkDocuments: (what, tenant, seq, shown, from = 0) => {
      const expected = listed(at(tenant, seq)).slice(from);
      if (isDeepStrictEqual(shown, expected)) return;
      const wrong =
        expected.find((doc, index) => !isDeepStrictEqual(doc, shown[index]))?.id ??
        shown[expected.length]?.id;
      violate(
        `${what} of ${tenant} at ${seq} shows ${shown.length} documents, not the ${expected.length}; first wrong: ${wrong}`,
      );
    },
    checkOne: (tenant, seq, id, shown) => {
      if (!isDeepStrictEqual(at(tenant, seq)?.docs.get(id), shown))
        violate(`get of ${id} in ${tenant} at ${seq} is wrong`);
    },
    checkCounters: (tenant, seq, counters) => {
      if (!isDeepStrictEqual(nonZero(counters), nonZero(at(tenant, seq)?.counters ?? {})))
        violate(`counters of ${tenant} at ${seq} are ${JSON.stringify(counters)}`);
    },
    checkHistory: (tenant, low, high, shown) => {
      const line = (txId: string, changes: { id: string; kind: string }[]) =>
        `${txId} ${changes.map(({ id, kind }) => `${kindOf[kind]}${id}`).join()}`;
      const lines = shown.map(({ txId, changes }) => line(txId, changes)).join('\n');
      for (let seq = low; seq <= high; seq++) {
        const expected = statesOf(tenant)
          .slice(1, seq + 1)
          .map(({ txId }) => txId)
          .toSorted()
          .toReversed()
          .map((txId) => {
            const own = (plans.get(txId)?.changes ?? []).filter((change) => change.tenant === tenant);
            return line(
              txId,
              own.map((change) => ({
                id: change.kind === 'delete' ? change.id : change.document.id,
                kind: change.kind,
              })),
            );
          });
        if (expected.join('\n') === lines) return;
      }
      violate(`history of ${tenant} is that of no moment from ${low} to ${high}`);
    },
    checkTogether: (seqs) => {
      const shows = new Map<string, Set<boolean>>();
      for (const [tenant, seq] of seqs)
        for (const [index, { txId }] of statesOf(tenant).entries())
          if (index > 0) shows.set(txId, (shows.get(txId) ?? new Set()).add(index <= seq));
      for (const [txId, answers] of shows)
        if (answers.size > 1) violate(`transaction ${txId} over several tenants is seen in part`);
    },
    checkFresh: (what, tenant, low, seq) => {
      if (seq < low || seq > seqOf(tenant))
        violate(`${what} of ${tenant} shows ${seq} when ${low} was committed already`);
    },
  };
}
