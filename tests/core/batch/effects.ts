import type { Kind } from '../../../core/batch/kind.ts';
import type { Settlement } from '../../../core/batch/settle.ts';
import type { Life } from './faults.ts';
import type { TestTable } from './table.ts';

interface Mark {
  name: string;
  /** True if the operation is to be an error. */
  refused?: boolean;
}

export const keyOfMark = (name: string) => ({ pk: `EFFECT#${name}`, sk: 'EFFECT' });

/**
 * A kind whose operations each create an item that must not exist yet: one that is applied twice is an error,
 * one that is lost is missing.
 */
export const marks = (table: TestTable): Kind<Mark, { name: string }, { message: string }> => ({
  table: () => table.name,
  reads: (operations) => operations.map(({ data }) => keyOfMark(data.name)),
  plan: (operations, found) =>
    operations.map(({ data: { name, refused } }) => {
      if (refused) return { error: { message: 'refused' } };
      if (found.get(keyOfMark(name))) return { error: { message: 'done twice' } };
      const Put = {
        TableName: table.name,
        Item: keyOfMark(name),
        ConditionExpression: 'attribute_not_exists(pk)',
      };
      return { result: { name }, actions: [{ Put }] };
    }),
  stuck: { message: 'stuck' },
});

/** Number of these marks that exist. */
export async function marksMade(table: TestTable, names: string[]): Promise<number> {
  let made = 0;
  for (let from = 0; from < names.length; from += 100)
    made += (await table.store.getMany(table.name, names.slice(from, from + 100).map(keyOfMark))).items
      .length;
  return made;
}

/** A system outside that takes letters, and counts how often it took each, by name. */
export class PostOffice {
  readonly taken = new Map<string, number>();
  take(name: string): void {
    this.taken.set(name, (this.taken.get(name) ?? 0) + 1);
  }
}

/**
 * A kind whose operations each send a letter as a side effect. A claim comes with an item of its own; a
 * delivery that finds the claim asks the office whether the letter was sent.
 */
export const letters = (
  table: TestTable,
  office: PostOffice,
  life: Life,
  settle: (settlement: Settlement) => Promise<unknown>,
): Kind<Mark, { name: string }, { message: string }> => ({
  ...marks(table),
  plan: (...given) =>
    marks(table)
      .plan(...given)
      .map((planned) =>
        'result' in planned ? { waiting: true as const, actions: planned.actions ?? [] } : planned,
      ),
  async runSideEffects({ batch, chunk, waiting }, again) {
    for (const { index, data } of waiting) {
      const { name } = data;
      const sent = again && (await life.call(async () => office.taken.has(name)));
      if (!sent) await life.call(async () => office.take(name));
      await settle({ batch: batch.id, chunk, outcomes: [{ index, outcome: { result: { name } } }] });
    }
  },
});
