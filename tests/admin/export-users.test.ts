import { expect, test } from 'vitest';
import { administrator, everything, send, stored, user } from './records.ts';

test.each([
  ['True', [1]],
  ['TRUE', [1]],
  ['on', [1]],
  ['1', [1]],
  ['yes', [1]],
  ['False', [2]],
  ['off', [2]],
  ['0', [2]],
])('a filter by is_active=%s is taken for the boolean that it is', async (flag, ids) => {
  const admin = await administrator();
  await stored(admin, 'users', [user(1), user(2, { is_active: false })]);
  const { status, body } = await send(admin, 'GET', `/export/users/?is_active=${flag}`);
  expect([status, body.results.map(({ id }: { id: number }) => id)]).toEqual([200, ids]);
});

test.each(['perhaps', '', '2'])('a filter by is_active=%s is refused', async (flag) => {
  const { status, body } = await send(await administrator(), 'GET', `/export/users/?is_active=${flag}`);
  expect([status, body.error.details]).toEqual([
    400,
    { field: 'is_active', issue: expect.stringContaining('true or false') },
  ]);
});

test('users have e-mail addresses by the same rule as patients and contacts', async () => {
  const admin = await administrator();
  await stored(admin, 'users', [
    user(1, { email: ' a&b@Example.com ' }),
    user(2, { email: 'ada@пример.рф' }),
  ]);
  expect((await everything(admin, 'users')).map(({ email }) => email)).toEqual([
    'a&b@example.com',
    'ada@пример.рф',
  ]);
  const { status, body } = await send(admin, 'POST', '/import/users/', [user(3, { email: 'n/a' })]);
  expect([status, body.error.details.issue]).toEqual([400, 'must be an e-mail address']);
});

test.each(['orders', 'users', 'services'])(
  'a byte order mark is refused for the JSON of %s, which cannot have one',
  async (kind) => {
    const { status, body } = await send(await administrator(), 'GET', `/export/${kind}/?bom=true`);
    expect([status, body.error.details]).toEqual([
      400,
      { field: 'bom', issue: 'is for a CSV alone: add format=csv' },
    ]);
  },
);
