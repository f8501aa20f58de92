import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { present } from '../../core/invariant.ts';
import type { Change } from '../../core/ledger/ledger.ts';
import { writeContacts } from '../../functions/messaging/contacts/store.ts';
import { smsWorkers } from '../../functions/messaging/sms/workers.ts';
import { functionSpecs, runtimeEnvironment } from '../../local/lambda/function-spec.ts';
import type { Person } from '../people.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { unlimitedRates } from '../service/unlimited.ts';
import { type Answer, type Contact, everybody, importCsv, post } from './contact-helpers.ts';
import { acceptedOf, batchWhen, messageWhen, newPhones, newSender, setFaults, textsOf } from './sms.ts';

let service: Own;
beforeAll(async () => {
  service = await ownServiceOfFile({ settings: unlimitedRates });
});

const idOf = async (person: Person, phone: string): Promise<string> =>
  (await everybody(person)).find(({ phone_e164 }) => phone_e164 === phone)?.id ?? '';

/** A step that must succeed: otherwise its way out would not be tried. */
async function done({ status, body }: Answer): Promise<void> {
  expect([status < 300, body]).toEqual([true, body]);
}

const edit = async (person: Person, phone: string, is_active: boolean) =>
  done(await post(person, 'bulk-edit', { contact_ids: [await idOf(person, phone)], updates: { is_active } }));
const remove = async (person: Person, phone: string) =>
  done(await post(person, 'bulk-delete', { contact_ids: [await idOf(person, phone)] }));
const rows = async (person: Person, phone: string, flag: string) =>
  done(await importCsv(person, `phone,is_active\n${phone},${flag}`, { update_existing: true }));
const optOut = async (person: Person, body: object) => done(await post(person, 'opt-out', body));

const send = async (person: Person, phones: string[], sender_id: string, more: object = {}) => {
  const contacts = phones.map((phone) => ({ phone }));
  return acceptedOf(
    await person.api.messaging.bulkSend({ body: { contacts, message: 'Hi', sender_id, ...more } }),
  );
};

/** Sends a text whose carrier answers or reports as the profile has it. */
async function textBy(person: Person, phone: string, profile: string, status: string): Promise<string> {
  const sender = newSender();
  await setFaults(person, sender, profile);
  const { ids } = await send(person, [phone], sender);
  await messageWhen(person, ids[0] ?? '', status);
  return ids[0] ?? '';
}

async function report({ tenantId: tenant }: Person, message: string, type: string): Promise<void> {
  const body = JSON.stringify({ version: 1, tenant, message, type });
  const attributes = { ApproximateReceiveCount: '1' };
  const outcome = await runWorker(service.running, smsWorkers.noteReceipt, {
    Records: [{ messageId: '1', body, attributes, eventSource: 'aws:sqs' }],
  });
  expect(JSON.parse((outcome as { payload: string }).payload)).toEqual({ batchItemFailures: [] });
}

type Way = (person: Person, phone: string) => Promise<unknown>;

/** Every way in which a contact gets out; each begins with an active contact. */
const ways: Record<string, Way> = {
  'made inactive by an edit': (person, phone) => edit(person, phone, false),
  'made inactive by an import': (person, phone) => rows(person, phone, 'false'),
  'made inactive, and active in a later file': async (person, phone) => {
    await edit(person, phone, false);
    await rows(person, phone, 'true');
  },
  'made inactive, then deleted': async (person, phone) => {
    await edit(person, phone, false);
    await remove(person, phone);
  },
  'made inactive, deleted, and imported again as active': async (person, phone) => {
    await edit(person, phone, false);
    await remove(person, phone);
    await rows(person, phone, 'true');
  },
  'made inactive, deleted, imported again, and deleted again': async (person, phone) => {
    await edit(person, phone, false);
    await remove(person, phone);
    await rows(person, phone, '');
    await remove(person, phone);
  },
  'deleted, and imported again as inactive': async (person, phone) => {
    await remove(person, phone);
    await rows(person, phone, 'no');
  },
  'opted out by its phone': (person, phone) => optOut(person, { phone }),
  'opted out by its phone written otherwise': (person, phone) =>
    optOut(person, { phones: ['nobody', `tel:${phone.slice(0, 4)}-${phone.slice(4)}`] }),
  'opted out by its id': async (person, phone) =>
    optOut(person, { contact_ids: [await idOf(person, phone)] }),
  'opted out, and made active by an edit': async (person, phone) => {
    await optOut(person, { phone });
    await edit(person, phone, true);
  },
  'opted out, and active in a later file': async (person, phone) => {
    await optOut(person, { phone });
    await rows(person, phone, 'true');
  },
  'opted out, deleted, and imported again as active': async (person, phone) => {
    await optOut(person, { phone });
    await remove(person, phone);
    await rows(person, phone, 'true');
  },
  'deleted, opted out, and imported again as active': async (person, phone) => {
    await remove(person, phone);
    await optOut(person, { phone });
    await rows(person, phone, 'true');
  },
  'refused by the carrier, which has its STOP': (person, phone) =>
    textBy(person, phone, 'refusing', 'failed'),
  'reported as opted out by the carrier': async (person, phone) =>
    report(person, await textBy(person, phone, 'silent', 'sent'), 'TEXT_CARRIER_OPTED_OUT'),
  'reported as opted out by the carrier, and active in a later file': async (person, phone) => {
    await report(person, await textBy(person, phone, 'silent', 'sent'), 'TEXT_OPTED_OUT');
    await rows(person, phone, 'true');
  },
};

/** Other spellings under which a file may have the phone. */
const spellings = [
  (phone: string) => phone,
  (phone: string) => phone.slice(1),
  (phone: string) => `'${phone}`,
  (phone: string) => `tel:${phone}`,
];

async function upload(person: Person, phones: string[], sender_id: string) {
  const lines = phones.map((phone, n) => `${spellings[n % spellings.length]?.(phone)},,Hi`);
  const form = new FormData();
  form.append('file', new Blob([['phone,name,message', ...lines].join('\n')]), 'sms.csv');
  form.append('sender_id', sender_id);
  const response = await person.fetch('/api/messaging/sms/bulk-upload/', { method: 'POST', body: form });
  return (await response.json()) as { upload_id: string; successful_contacts: number; errors: string[] };
}

/** An active contact, and one for each of these ways. */
async function contactsOf(person: Person, names: string[]) {
  const all = newPhones(names.length + 1);
  const [active = '', ...out] = all;
  await importCsv(person, ['phone', ...all].join('\n'));
  const goOut = async () => {
    for (const [n, name] of names.entries()) await ways[name]?.(person, out[n] ?? '');
  };
  /** Who was texted by a sender: the active contact, and the ways of the others. */
  const texted = async (sender: string) => {
    const got = new Set((await textsOf(person, sender)).map(({ to }) => to));
    return { active: got.has(active), out: names.filter((_, n) => got.has(out[n] ?? '')) };
  };
  return { all, out, goOut, texted };
}

const onlyTheActive = { active: true, out: [] };

test('nobody who is out in any way is texted, be the batch accepted before or after', async () => {
  const person = await service.person();
  const names = Object.keys(ways);
  const { all, out, goOut, texted } = await contactsOf(person, names);

  const scheduled = newSender();
  const schedule_at = new Date(Date.now() + 25_000).toISOString();
  const earlier = await send(person, all, scheduled, { schedule_at });
  expect(earlier.successful_contacts).toBe(all.length);
  await goOut();
  expect(Date.now(), 'all are out before the time of the batch').toBeLessThan(Date.parse(schedule_at));

  const sender = newSender();
  const later = await send(person, all, sender);
  const refused = new Map(later.results.map(({ phone, success, error }) => [phone, success || error]));
  expect(names.map((name, n) => [name, refused.get(out[n] ?? '')])).toEqual(
    names.map((name) => [name, 'Recipient opted out']),
  );
  const file = await upload(person, all, sender);
  expect(file.errors).toEqual(out.map((_, n) => `Row ${n + 3}: Recipient opted out`));

  for (const id of [earlier.batchId, later.batchId, file.upload_id]) await batchWhen(person, id);
  expect(await texted(scheduled)).toEqual(onlyTheActive);
  expect(await texted(sender)).toEqual(onlyTheActive);
}, 120_000);

test('nor is anybody who is out since the file was accepted, while the carrier was busy', async () => {
  const person = await service.person();
  // The texts of the other ways would wait behind the file.
  const names = Object.keys(ways).filter((name) => !name.includes('carrier'));
  const { all, goOut, texted } = await contactsOf(person, names);
  const sender = newSender();
  await setFaults(person, sender, 'busy');
  const file = await upload(person, all, sender);
  expect(file).toMatchObject({ successful_contacts: all.length, errors: [] });
  await goOut();
  await setFaults(person, sender, 'calm');
  await batchWhen(person, file.upload_id);
  expect(await texted(sender)).toEqual(onlyTheActive);
}, 240_000);

test('what a carrier reports is an opt-out like any other: it is shown, stays, and counts once', async () => {
  const person = await service.person();
  const [one = '', two = '', three = ''] = newPhones(3);
  await importCsv(person, `phone\n${one}\n`);
  await textBy(person, one, 'refusing', 'failed');
  const message = await textBy(person, two, 'silent', 'sent');
  await report(person, message, 'TEXT_OPTED_OUT');
  const [contact] = await everybody(person);
  expect(contact).toMatchObject({ is_active: false, opted_out_at: expect.any(String) });
  await report(person, message, 'TEXT_OPTED_OUT');
  await textBy(person, three, 'undeliverable', 'failed');
  expect(await messageWhen(person, message, 'failed')).toMatchObject({ error: 'Recipient opted out' });
  await importCsv(person, `phone\n${two}\n${three}\n`);
  expect((await everybody(person)).map(({ is_active }) => is_active)).toEqual([false, false, true]);
});

test('a contact that is put back as it was before its opt-out brings nobody back in', async () => {
  const person = await service.person();
  const { tenantId: tenant } = person;
  const [kept = '', deleted = '', third = ''] = newPhones(3);
  await importCsv(person, `phone\n${kept}\n${deleted}\n${third}\n`);
  const before = await everybody(person);
  await optOut(person, { phones: [kept, deleted] });
  await remove(person, deleted);

  // No route puts a contact back: it is written here as by a Lambda that writes contacts.
  const { stack, awsEndpoint } = service.running;
  const writer = present(
    functionSpecs(stack).find(({ environment }) => 'CONTACT_RECOVERY_QUEUE' in environment),
    'a function writes contacts',
  );
  Object.assign(process.env, writer.environment, runtimeEnvironment(writer, awsEndpoint));
  // An id is used once: what was deleted comes back under another.
  const restored = before.map(
    (document): Change<Contact> =>
      document.phone_e164 === deleted
        ? { kind: 'create', tenant, document: { ...document, id: randomUUID() } }
        : { kind: 'update', tenant, document },
  );
  await writeContacts({
    ...{ tenant, actor: 'restore', answer: async () => undefined },
    reads: before.map(({ id }) => id),
    decide: () => ({ changes: restored, result: undefined }),
  });
  expect((await everybody(person)).map(({ is_active }) => is_active)).toEqual([true, true, true]);

  const results = async () => (await send(person, [kept, deleted, third], newSender())).results;
  const refused = { success: false, error: 'Recipient opted out' };
  expect(await results()).toMatchObject([refused, refused, { success: true }]);
  await rows(person, kept, 'true');
  await rows(person, deleted, 'true');
  expect(await results()).toMatchObject([refused, refused, { success: true }]);
});

test('an inactive contact that was deleted and came back can be made active again by an edit', async () => {
  const person = await service.person();
  const [phone = ''] = newPhones(1);
  await rows(person, phone, 'false');
  await remove(person, phone);
  await rows(person, phone, 'true');
  expect(await everybody(person)).toMatchObject([{ is_active: false, opted_out_at: null }]);
  await edit(person, phone, true);
  const { results } = await send(person, [phone], newSender());
  expect(results).toMatchObject([{ success: true }]);
});
