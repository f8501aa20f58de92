import { beforeAll, expect, test } from 'vitest';
import { present } from '../../core/invariant.ts';
import { optedOut } from '../../functions/messaging/contacts/opted-out.ts';
import { contactLedger } from '../../functions/messaging/contacts/store.ts';
import { type Person, somebody } from '../people.ts';
import { actAsLambda } from '../service/as-lambda.ts';
import { everybody, importCsv, imported, phone, post } from './contact-helpers.ts';

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

test('a contact that is put back as it was before its opt-out, under any id, brings nobody back in', async () => {
  const person = await somebody();
  const tenant = person.tenantId;
  const [before, other] = await imported(person, 2);
  await post(person, 'opt-out', { phones: [phone(0), phone(1)] });
  await post(person, 'bulk-delete', { contact_ids: [other?.id] });
  await contactLedger().write({
    actor: 'restore',
    reads: [before, other].map((contact) => ({ tenant, id: contact?.id ?? '' })),
    decide: () => ({
      changes: [
        { kind: 'update', tenant, document: present(before, 'imported') },
        { kind: 'create', tenant, document: present(other, 'imported') },
      ],
      result: undefined,
    }),
    answer: async () => undefined,
  });
  expect((await everybody(person)).map(({ is_active }) => is_active)).toEqual([true, true]);
  expect(await ask(person, [phone(0), phone(1)])).toEqual([phone(0), phone(1)]);
  const { body } = await importCsv(person, `phone,is_active\n${phone(0)},true\n`, { update_existing: true });
  expect(body).toMatchObject({ updated: 1 });
  expect(await ask(person, [phone(0), phone(1)])).toEqual([phone(0), phone(1)]);
});

test('answers for ten thousand phones at once', async () => {
  const person = await somebody();
  await post(person, 'opt-out', { phones: [phone(5), phone(9_999)] });
  const phones = Array.from({ length: 10_000 }, (_, n) => phone(n));
  expect(await ask(person, phones)).toEqual([phone(5), phone(9_999)]);
});
