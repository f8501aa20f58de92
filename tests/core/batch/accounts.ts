import type { Kind } from '../../../core/batch/kind.ts';
import type { NewOperation } from '../../../core/batch/pack.ts';
import type { TestTable } from './table.ts';

interface Credit {
  account: string;
}

const keyOf = (account: string) => ({ pk: `ACCOUNT#${account}`, sk: 'ACCOUNT' });

/**
 * A kind whose operations each add one to an account, so that applying one twice shows. An account that does
 * not exist is an error.
 */
export const credits = (table: TestTable): Kind<Credit, { account: string }, { message: string }> => ({
  table: () => table.name,
  reads: (operations) => operations.map(({ data }) => keyOf(data.account)),
  plan: (operations, found) =>
    operations.map(({ data: { account } }) => {
      const item = found.get(keyOf(account));
      if (!item) return { error: { message: 'Account not found' } };
      if (item.poison) throw new Error('this account cannot be planned');
      const update = {
        TableName: table.name,
        Key: keyOf(account),
        UpdateExpression: 'SET credit = :new',
        ConditionExpression: 'credit = :old',
        ExpressionAttributeValues: { ':old': item.credit, ':new': Number(item.credit) + 1 },
      };
      return { result: { account }, actions: [{ Update: update }] };
    }),
  stuck: { message: 'Could not be applied' },
});

export const creditTo = (account: string): NewOperation<Credit> => ({ data: { account } });

/**
 * Creates accounts `prefix0`, `prefix1` and so on.
 *
 * @returns their names.
 */
export async function accounts(
  table: TestTable,
  prefix: string,
  count: number,
  more: object = {},
): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  for (let from = 0; from < count; from += 25) {
    const some = names.slice(from, from + 25);
    await table.store.putMany(
      table.name,
      some.map((name) => ({ ...keyOf(name), credit: 0, ...more })),
    );
  }
  return names;
}

export async function changeAccount(table: TestTable, account: string, fields: object): Promise<void> {
  await table.store.put({ TableName: table.name, Item: { ...keyOf(account), credit: 0, ...fields } });
}

/** Credit of each account, in their order. */
export async function creditsOf(table: TestTable, names: string[]): Promise<number[]> {
  const found = new Map<string, number>();
  for (let from = 0; from < names.length; from += 100) {
    const keys = names.slice(from, from + 100).map(keyOf);
    const { items } = await table.store.getMany(table.name, keys);
    for (const item of items) found.set(String(item.pk), Number(item.credit));
  }
  return names.map((name) => found.get(keyOf(name).pk) ?? Number.NaN);
}
