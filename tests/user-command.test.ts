import { beforeEach, describe, expect, test } from 'vitest';
import { cognitoStandIn } from './cognito-stand-in.ts';
import { command } from './command.ts';

let pool: Awaited<ReturnType<typeof cognitoStandIn>>;
beforeEach(async () => {
  pool = await cognitoStandIn();
});

const email = 'ada@example.com';
const ada = ['--stage', 'prod', '--email', email];
const asAdmin = ['--tenant', 't1', '--role', 'admin'];

const user = (options: string[], environment: Record<string, string | undefined> = {}) =>
  command('user.ts', options, pool.url, environment).ended;

const attributes = () => Object.fromEntries(pool.users.get(email)?.attributes ?? []);

test('creates a user of a tenant, to whom Cognito sends a temporary password', async () => {
  const answer = await user(['create', ...ada, ...asAdmin, '--organization', '7', '--creator', 'SP123']);
  expect(answer).toMatchObject({ code: 0, stderr: '' });
  expect(answer.stdout).toMatch(/ada@example\.com is created\. .* temporary password/);
  expect(pool.requests).toEqual([
    {
      action: 'AdminCreateUser',
      body: {
        UserPoolId: pool.poolId,
        Username: email,
        DesiredDeliveryMediums: ['EMAIL'],
        UserAttributes: [
          { Name: 'email', Value: email },
          { Name: 'email_verified', Value: 'true' },
          { Name: 'custom:tenant_id', Value: 't1' },
          { Name: 'custom:role', Value: 'admin' },
          { Name: 'custom:organization_id', Value: '7' },
          { Name: 'custom:creator', Value: 'SP123' },
        ],
      },
    },
  ]);
});

test('may be repeated: the same user is told, another standing is refused and changes nothing', async () => {
  await user(['create', ...ada, ...asAdmin]);
  const again = await user(['create', ...ada, ...asAdmin]);
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing was sent') });
  const other = await user(['create', ...ada, '--tenant', 't2', '--role', 'admin']);
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('use `change`') });
  expect(attributes()).toMatchObject({ 'custom:tenant_id': 't1' });
});

test('sends another temporary password, until the user has one of their own', async () => {
  await user(['create', ...ada, ...asAdmin]);
  expect(await user(['invite', ...ada])).toMatchObject({ code: 0 });
  expect(pool.requests.at(-1)).toEqual({
    action: 'AdminCreateUser',
    body: { UserPoolId: pool.poolId, Username: email, MessageAction: 'RESEND' },
  });
  Object.assign(pool.users.get(email) ?? {}, { status: 'CONFIRMED' });
  expect(await user(['invite', ...ada])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has signed in before'),
  });
});

test('changes what is named and nothing else; an empty text takes a value away', async () => {
  await user(['create', ...ada, ...asAdmin, '--organization', '7']);
  const changed = await user(['change', ...ada, '--role', 'viewer', '--organization', '']);
  expect(changed).toMatchObject({ code: 0, stdout: expect.stringContaining('until they expire') });
  expect(attributes()).toEqual({
    email,
    email_verified: 'true',
    'custom:tenant_id': 't1',
    'custom:role': 'viewer',
  });
});

test('disables, enables and removes a user, each as often as it is asked', async () => {
  await user(['create', ...ada, ...asAdmin]);
  await user(['disable', ...ada]);
  expect(pool.users.get(email)?.enabled).toBe(false);
  expect(await user(['list', '--stage', 'prod'])).toMatchObject({
    stdout: expect.stringMatching(/ada@example\.com +t1 +admin +- +- +FORCE_CHANGE_PASSWORD, disabled/),
  });
  await user(['enable', ...ada]);
  expect(pool.users.get(email)?.enabled).toBe(true);
  expect((await user(['remove', ...ada])).stdout).toContain('is removed');
  expect(pool.users.size).toBe(0);
  expect(await user(['remove', ...ada])).toMatchObject({
    code: 0,
    stdout: 'There is no user ada@example.com.\n',
  });
});

test('lists the users of all pages in the order of their addresses, or those of a tenant', async () => {
  for (const [name, tenant] of ['eve', 'bob', 'cyd', 'ada', 'dan'].entries())
    pool.users.set(`${tenant}@example.com`, {
      enabled: true,
      status: 'CONFIRMED',
      attributes: new Map([
        ['email', `${tenant}@example.com`],
        ['custom:tenant_id', name % 2 === 0 ? 'even' : 'odd'],
        ['custom:role', 'user'],
      ]),
    });
  const names = (text: string) => [...text.matchAll(/(\w+)@/g)].map(([, name]) => name);
  expect(names((await user(['list', '--stage', 'prod'])).stdout)).toEqual([
    'ada',
    'bob',
    'cyd',
    'dan',
    'eve',
  ]);
  expect(names((await user(['list', '--stage', 'prod', '--tenant', 'odd'])).stdout)).toEqual(['ada', 'bob']);
});

describe('what cannot be done is said in one sentence, and nothing is sent to the pool', () => {
  test.each<[string, string[], string, code?: number]>([
    ['no command', [], 'npm run user -- create', 2],
    ['an unknown command', ['promote', ...ada], 'npm run user -- create', 2],
    ['no stage', ['list'], '--stage is missing', 2],
    ['no tenant', ['create', ...ada, '--role', 'admin'], '--tenant is missing', 2],
    [
      'a role that the API does not know',
      ['create', ...ada, '--tenant', 't1', '--role', 'root'],
      'none of: super_admin',
    ],
    ['no address', ['create', '--stage', 'prod', '--email', 'ada', ...asAdmin], 'is not an e-mail address'],
    [
      'a tenant that the API refuses',
      ['create', ...ada, '--tenant', 'a\u0007', '--role', 'admin'],
      '--tenant has characters',
    ],
    ['nothing to change', ['change', ...ada], 'Nothing to change', 2],
    ['a user without a role', ['change', ...ada, '--role', ''], '--role cannot be taken away'],
    ['a stage that is not deployed', ['list', '--stage', 'qa'], 'There is no stack bulkhead-qa in eu-west-1'],
    ['an option that it does not have', ['list', '--stage', 'prod', '--all'], '--all', 2],
  ])('%s', async (_, options, text, code = 1) => {
    expect(await user(options)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(text) });
    expect(pool.requests).toEqual([]);
  });

  test('a user who is not there', async () => {
    for (const what of [
      ['change', ...ada, '--role', 'user'],
      ['disable', ...ada],
      ['enable', ...ada],
      ['invite', ...ada],
    ])
      expect(await user(what)).toMatchObject({ code: 1, stderr: 'There is no user ada@example.com\n' });
  });

  test('no credentials, and no Region', async () => {
    const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    expect((await user(['list', '--stage', 'prod'], none)).stderr).toMatch(
      /^There are no credentials of AWS/,
    );
    expect((await user(['list', '--stage', 'prod'], { AWS_REGION: undefined })).stderr).toMatch(
      /^The Region is not known/,
    );
  });

  test('a stage whose tokens come from another issuer', async () => {
    pool = await cognitoStandIn({ outputs: { Url: 'https://api.example.com' } });
    expect((await user(['list', '--stage', 'prod'])).stderr).toMatch(/has no user pool/);
  });
});
