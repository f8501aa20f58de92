import { expect, test } from 'vitest';
import { ownService } from '../service/own.ts';
import { acceptedOf, batchWhen, newSender, setFaults } from './sms.ts';

const CANARY = 'Kanarie77';
const PHONES = ['+255719988771', '+255719988772', '+255719988773'];
/** Anything of these in a place where it must not be is a leak. */
const LEAK = /kanarie77|71998877/i;

test('names, phones and texts are in no log, metric, queue, workflow or refusal, whatever goes wrong', async () => {
  const { running, person } = await ownService({ settings: { rateLimits: { 'messaging.bulkSend': 'off' } } });
  const user = await person();
  const post = async (path: string, body: unknown) => {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    };
    return await (await user.fetch(`/api/messaging/${path}`, init)).text();
  };
  const contacts = PHONES.map((phone) => ({ phone, name: CANARY, code: CANARY }));
  for (const profile of ['calm', 'lost', 'refusing', 'rough', 'undeliverable']) {
    // Of a tenant of its own: whom a carrier refuses as opted out gets nothing from that tenant any more.
    const sender = await person();
    const sender_id = newSender();
    await setFaults(sender, sender_id, profile);
    const body = { contacts, message: `${CANARY} {{name}} {{code}}`, sender_id, campaign_id: CANARY };
    const accepted = acceptedOf(await sender.api.messaging.bulkSend({ body }));
    if (profile === 'calm') await batchWhen(sender, accepted.batchId, ({ delivered }) => delivered === 3);
  }
  const form = new FormData();
  form.append('file', new Blob([`phone,name,message\n${PHONES[0]},${CANARY},${CANARY}`]), `${CANARY}.csv`);
  form.append('sender_id', 'MIFUMO');
  await user.fetch('/api/messaging/sms/bulk-upload', { method: 'POST', body: form });

  const valid = { contacts, message: CANARY, sender_id: 'MIFUMO' };
  const refusals = [
    await post('sms/bulk-send', {
      ...valid,
      contacts: [...contacts, { phone: `${PHONES[0]}0000000`, name: CANARY }],
    }),
    await post('sms/bulk-send', { ...valid, message: `${CANARY}\u0000` }),
    await post('sms/bulk-send', { ...valid, message: `${CANARY} {{unknown}}` }),
    await post('sms/bulk-send', { ...valid, sender_id: `${CANARY}${CANARY}` }),
    await post('sms/bulk-send', { ...valid, schedule_at: CANARY }),
    await post('sms/bulk-send', { ...valid, template_id: CANARY }),
    await post('templates', { name: CANARY, body: `${CANARY}\u0000` }),
    await post(`sms/batches/${CANARY}/cancel`, {}),
  ];
  for (const refusal of refusals) {
    expect(refusal).toContain('"success":false');
    expect(refusal).not.toMatch(LEAK);
  }

  // It waits in the queue for its time.
  const later = {
    contacts,
    message: CANARY,
    sender_id: 'MIFUMO',
    schedule_at: new Date(Date.now() + 110_000),
  };
  await post('sms/bulk-send', later);
  const queues = running.stack.resources('AWS::SQS::Queue').map(({ name }) => name);
  const messages = JSON.stringify(queues.map((name) => running.inspectQueue(name)));
  expect(messages).toContain(user.tenantId);
  expect(messages).not.toMatch(LEAK);

  // The worst fault: the tables go away in the middle of everything.
  running.killEngine();
  const fault = await post('sms/bulk-send', valid);
  expect(fault).not.toMatch(LEAK);
  const lines = running.logs().map(({ source, text }) => `${source} ${text}`);
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => LEAK.test(line))).toEqual([]);
  // They did go out, and are kept where they belong.
  expect(JSON.stringify(running.outbox())).toMatch(LEAK);
}, 120_000);
