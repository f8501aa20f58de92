import { expect, test } from 'vitest';
import {
  type ClinikoSettings,
  putSettings,
  type SettingsPorts,
} from '../../functions/cliniko/account/settings.ts';

const organization = { tenant: 'tenant', orgId: '1' };
const given = (api_key: string) => ({ name: 'Surf Rehab', contact_email: 'it@example.com', api_key });

/** A table and a vault in memory. `replace` decides how the transaction that stores settings goes. */
function memory(replace: (apply: () => void, overwrite: () => void) => boolean, findAfterwards = () => {}) {
  const keys = new Map<string, string>();
  let stored: ClinikoSettings | undefined;
  let isDisturbed = false;
  let wasReplaced = false;
  const ports: SettingsPorts = {
    async find() {
      if (wasReplaced) findAfterwards();
      return stored;
    },
    async replace(_organization, known, settings) {
      if (!isDisturbed) {
        stored = settings;
        return true;
      }
      const apply = () => {
        if (stored?.updated_at === known?.updated_at) stored = settings;
      };
      const overwrite = () => {
        keys.set('of-another', 'key-of-another-au1');
        stored = { ...settings, secret: 'of-another', updated_at: 'later' };
      };
      wasReplaced = true;
      return replace(apply, overwrite);
    },
    async writeKey(secret, apiKey) {
      keys.set(secret, apiKey);
    },
    async removeKey(secret) {
      keys.delete(secret);
    },
  };
  return {
    /** Registers the first key undisturbed, and then puts the second. */
    async putTwice() {
      await putSettings(organization, given('first-key-au1'), 1, ports);
      isDisturbed = true;
      return await putSettings(organization, given('second-key-au1'), 2, ports).catch(
        (error: Error) => error,
      );
    },
    /** Registers the first key, disturbed. */
    async putFirst() {
      isDisturbed = true;
      return await putSettings(organization, given('first-key-au1'), 1, ports).catch((error: Error) => error);
    },
    present: () => stored && keys.get(stored.secret),
    keys: () => [...keys.values()],
  };
}

const lost = (): never => {
  throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
};
const canceled = () => false;

test('keeps the key that stored settings name when the answer of the transaction is lost', async () => {
  const place = memory((apply) => {
    apply();
    return lost();
  });
  expect(await place.putTwice()).toMatchObject({
    name: 'Surf Rehab',
    updated_at: '1970-01-01T00:00:00.002Z',
  });
  expect(place.present()).toBe('second-key-au1');
  expect(place.keys()).toEqual(['second-key-au1']);
});

test('keeps the key of an organisation that was registered when the answer is lost', async () => {
  const place = memory((apply) => {
    apply();
    return lost();
  });
  expect(await place.putFirst()).toMatchObject({ name: 'Surf Rehab' });
  expect(place.present()).toBe('first-key-au1');
});

test('keeps both keys when neither the answer nor what is stored can be read', async () => {
  const place = memory((apply) => {
    apply();
    return lost();
  }, lost);
  expect(await place.putTwice()).toMatchObject({ name: 'TimeoutError' });
  expect(place.present()).toBe('second-key-au1');
  expect(place.keys()).toEqual(['first-key-au1', 'second-key-au1']);
});

test.each(['putTwice', 'putFirst'] as const)(
  'keeps every key while a request without an answer may still take effect (%s)',
  async (put) => {
    let arrive = () => {};
    const place = memory((apply) => {
      arrive = apply;
      return lost();
    });
    expect(await place[put]()).toMatchObject({ name: 'TimeoutError' });
    const before = place.keys();
    arrive();
    expect(place.keys()).toEqual(before);
    expect(place.present()).toBe(before.at(-1));
  },
);

test('removes the new key when the settings were replaced by another request', async () => {
  for (const fail of [lost, canceled]) {
    const place = memory((_apply, overwrite) => {
      overwrite();
      return fail();
    });
    expect(await place.putTwice()).toMatchObject({ name: 'Problem', code: 'conflict' });
    expect(place.present()).toBe('key-of-another-au1');
    expect(place.keys()).not.toContain('second-key-au1');
  }
});
