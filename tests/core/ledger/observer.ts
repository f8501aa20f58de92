import type { Ledger } from '../../../core/ledger/ledger.ts';
import type { Doc, Model } from './model.ts';

export interface Observed {
  ledger: Ledger<Doc>;
  model: Model;
  tenants: string[];
  random(): number;
  /** Waits until the model has every commit that happened before now. */
  informed(): Promise<void>;
}

/** A reader that compares its answers with the model: pages, counts, offsets, single documents, history. */
export function observer({ ledger, model, tenants, random, informed }: Observed): () => Promise<void> {
  const below = (limit: number) => Math.floor(random() * limit);

  const pages = async (tenant: string) => {
    const low = model.seq(tenant);
    const limit = 1 + below(8) ** 2;
    const { value } = await ledger.read(tenant, `pages of ${limit}`, async (view) => {
      const shown: Doc[] = [];
      // Ends with the last page.
      for (let after: string | undefined; ; ) {
        const page = await view.list({ after, limit });
        shown.push(...page.documents);
        if (page.next === undefined) return { seq: view.seq, shown, counters: view.counters() };
        after = page.next;
      }
    });
    await informed();
    model.checkFresh('list', tenant, low, value.seq);
    model.checkDocuments('list', tenant, value.seq, value.shown);
    model.checkCounters(tenant, value.seq, value.counters);
  };

  const offset = async (tenant: string) => {
    const skip = below(12);
    const { value } = await ledger.read(tenant, `from ${skip}`, async (view) => ({
      seq: view.seq,
      shown: (await view.list({ offset: skip, limit: 10_000 })).documents,
    }));
    await informed();
    model.checkDocuments('offset', tenant, value.seq, value.shown, skip);
  };

  const one = async (tenant: string) => {
    const low = model.seq(tenant);
    const known = model.latest(tenant);
    const id = known[below(known.length)]?.id ?? 'nobody';
    const { value } = await ledger.read(tenant, `one ${id}`, async (view) => ({
      seq: view.seq,
      shown: await view.get(id),
    }));
    await informed();
    model.checkFresh('get', tenant, low, value.seq);
    model.checkOne(tenant, value.seq, id, value.shown);
  };

  const history = async (tenant: string) => {
    const low = model.seq(tenant);
    const { transactions, next } = await ledger.history(tenant, { limit: 10_000 });
    await informed();
    // One call is one instant. An answer that was cut short by the bound on its work is not compared.
    if (next === undefined) model.checkHistory(tenant, low, model.seq(tenant), transactions);
  };

  const across = async () => {
    const { value } = await ledger.readAcross('all', 'across', async (views) =>
      Promise.all(
        views.map(async (view) => ({
          tenant: view.tenant,
          seq: view.seq,
          shown: (await view.list({ limit: 10_000 })).documents,
        })),
      ),
    );
    await informed();
    model.checkTogether(new Map(value.map(({ tenant, seq }) => [tenant, seq])));
    for (const { tenant, seq, shown } of value)
      model.checkDocuments('list across tenants', tenant, seq, shown);
  };

  const questions = [pages, pages, offset, one, history, ...(tenants.length > 1 ? [across, across] : [])];
  return async () => {
    await questions[below(questions.length)]?.(tenants[below(tenants.length)] as string);
  };
}
