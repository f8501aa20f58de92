import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { documentClient } from '../../core/dynamo/client.ts';
import { present } from '../../core/invariant.ts';
import {
  accountOf,
  findSettings,
  putSettings,
  replaceSettings,
} from '../../functions/cliniko/account/settings.ts';
import type { Organization } from '../../functions/cliniko/organization.ts';
import { useService } from './simulation.ts';

/** What happens to the requests of this file to the table: each may fail before or after its effect. */
let fails: (moment: 'before' | 'after', request: number) => Error | undefined = () => undefined;
let requests = 0;

beforeAll(async () => {
  await useService();
  documentClient().middlewareStack.add(
    (next) => async (args) => {
      const request = requests++;
      const before = fails('before', request);
      if (before) throw before;
      const result = await next(args);
      const after = fails('after', request);
      if (after) throw after;
      return result;
    },
    { step: 'initialize' },
  );
});
beforeEach(() => {
  fails = () => undefined;
});

const given = (api_key?: string) => ({ name: 'Surf Rehab', contact_email: 'it@example.com', api_key });
const newOrganization = (): Organization => ({ tenant: randomUUID(), orgId: '1' });

/** The API key that a sync of the organisation would use now. */
async function presentKey(organization: Organization): Promise<string | undefined> {
  const settings = await findSettings(organization);
  return settings && (await accountOf(organization, settings, Date.now())).apiKey;
}

/** Puts a key while the table fails so, and then lets it work again. @returns the name of the error. */
async function putWhile(organization: Organization, apiKey: string, how: typeof fails): Promise<string> {
  requests = 0;
  fails = how;
  const outcome = await putSettings(organization, given(apiKey), Date.now()).then(
    () => 'stored',
    (error: Error) => error.name,
  );
  fails = () => undefined;
  return outcome;
}

test('settings are never without a key that works, whenever a request of the function dies', async () => {
  const died = Object.assign(new Error('died'), { name: 'Died' });
  for (const moment of ['before', 'after'] as const) {
    for (const request of [0, 1]) {
      const organization = newOrganization();
      const dies: typeof fails = (when, which) => (when === moment && which === request ? died : undefined);
      const isDone = moment === 'after' && request === 1;
      expect(await putWhile(organization, 'first-key-au1', dies)).toBe('Died');
      expect([moment, request, await presentKey(organization)]).toEqual([
        ...[moment, request, isDone ? 'first-key-au1' : undefined],
      ]);
      await putSettings(organization, given('first-key-au1'), 1);
      expect(await putWhile(organization, 'second-key-au1', dies)).toBe('Died');
      expect(await presentKey(organization)).toBe(isDone ? 'second-key-au1' : 'first-key-au1');
    }
  }
});

test('an answer that is lost is asked for again, and the settings are stored once', async () => {
  const organization = newOrganization();
  const lost = Object.assign(new Error('no answer'), { name: 'TimeoutError' });
  const losesAnswer: typeof fails = (when, which) => (when === 'after' && which === 1 ? lost : undefined);
  expect(await putWhile(organization, 'first-key-au1', losesAnswer)).toBe('stored');
  expect(await presentKey(organization)).toBe('first-key-au1');
});

test('of two changes at the same time one is stored with its key, and the other is a conflict', async () => {
  const organization = newOrganization();
  await putSettings(organization, given('first-key-au1'), 1);
  const keys = ['second-key-au1', 'third-key-au1'];
  const outcomes = await Promise.allSettled(
    keys.map((key, n) => putSettings(organization, given(key), 2 + n)),
  );
  const stored = keys.filter((_, n) => outcomes[n]?.status === 'fulfilled');
  expect(stored.length).toBeGreaterThan(0);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ name: 'Problem', code: 'conflict' });
  expect(stored).toContain(await presentKey(organization));
});

test('a change that read the key before another one was stored does not bring it back, even within one instant', async () => {
  const organization = newOrganization();
  await putSettings(organization, given('first-key-au1'), 1);
  const read = present(await findSettings(organization), 'the settings were stored');
  await putSettings(organization, given('second-key-au1'), 1);
  expect(await replaceSettings(organization, read, { ...read, name: 'Stale' })).toBe(false);
  expect(await presentKey(organization)).toBe('second-key-au1');
});

test('settings without a key keep the key that is there, and are refused where there is none', async () => {
  const organization = newOrganization();
  expect(await putSettings(organization, given(), 1)).toBeUndefined();
  expect(await findSettings(organization)).toBeUndefined();
  const first = await putSettings(organization, given('first-key-au1'), 2);
  const second = await putSettings(organization, { ...given(), name: 'Renamed' }, 3);
  expect(second).toMatchObject({ name: 'Renamed', secret: first?.secret, sealed_key: first?.sealed_key });
  expect(await presentKey(organization)).toBe('first-key-au1');
});
