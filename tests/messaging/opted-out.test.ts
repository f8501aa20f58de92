import { beforeAll, expect, test } from 'vitest';
import { optedOut } from '../../functions/messaging/contacts/opted-out.ts';
import { type Person, somebody } from '../people.ts';
import { actAsLambda } from '../service/as-lambda.ts';
import { imported, phone, post } from './contact-helpers.ts';

// What senders ask is a function and no route: it runs here as in a Lambda, on the tables of the running service.
beforeAll(() => actAsLambda('messaging'));

const ask = async ({ tenantId }: Person, phones: string[]) =>
  [...(await optedOut(tenantId, phones))].toSorted();

test('nobody has opted out of a tenant that has never heard of anybody', async () => {
  expect(await ask(await somebody(), [phone(1)])).toEqual([]);
});

test('tells who must not be sent anything: opted out, deleted since, never a contact, or not active', async () => {
  const person = await somebody();
  const [out, gone, passive, active] = await imported(person, 4);
  expect(await ask(person, [phone(0), phone(1)])).toEqual([]);
  await post(person, 'opt-out', { phones: [phone(0), phone(1), phone(99)] });
  await post(person, 'bulk-delete', { contact_ids: [gone?.id] });
  await post(person, 'bulk-edit', { contact_ids: [passive?.id], updates: { is_active: false } });
  const phones = [out, gone, passive, active].map((contact) => contact?.phone_e164 ?? '');
  expect(await ask(person, [...phones, phone(99), phone(100), phone(0)])).toEqual([
    phone(0),
    phone(1),
    phone(2),
    phone(99),
  ]);
  expect(await ask(await somebody(), phones)).toEqual([]);
});

test('answers for ten thousand phones at once', async () => {
  const person = await somebody();
  await post(person, 'opt-out', { phones: [phone(5), phone(9_999)] });
  const phones = Array.from({ length: 10_000 }, (_, n) => phone(n));
  expect(await ask(person, phones)).toEqual([phone(5), phone(9_999)]);
});
