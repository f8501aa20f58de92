import { createServer } from 'node:http';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smsWorkers } from '../../functions/messaging/sms/workers.ts';
import { listen } from '../../local/gateway/gateway.ts';
import { readBody } from '../../local/gateway/read-body.ts';
import { rootClient } from '../root-client.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { runWorker } from '../service/run-worker.ts';
import { tablesOf } from '../service/tables.ts';
import { acceptedOf, batchWhen, messageWhen, newPhones } from './sms.ts';

/** A Beem that takes every text, and has a receipt of it if its phone ends in an even digit. */
const texts: { source_addr: string; message: string }[] = [];
const beem = createServer((request, response) => {
  void readBody(request, 10_000).then((body) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.method === 'GET') {
      const phone = new URL(request.url ?? '', 'http://beem').searchParams.get('dest_addr');
      return response.end(JSON.stringify({ status: Number(phone) % 2 === 0 ? 'DELIVERED' : 'UNDELIVERED' }));
    }
    texts.push(JSON.parse(body.toString()));
    return response.end(
      JSON.stringify({ successful: true, request_id: texts.length, code: 100, valid: 1, invalid: 0 }),
    );
  });
});
let service: Own;
beforeAll(async () => {
  const url = `http://127.0.0.1:${await listen(beem, 0)}`;
  service = await ownServiceOfFile({
    environment: { SMS_PROVIDER: 'beem', BEEM_SEND_URL: `${url}/send`, BEEM_REPORTS_URL: `${url}/reports` },
  });
  const secrets = new SecretsManagerClient(rootClient(service.running.awsEndpoint));
  const SecretString = JSON.stringify({ api_key: 'key', secret_key: 'secret' });
  await secrets.send(new CreateSecretCommand({ Name: 'bulkhead/local/smsKeys/beem', SecretString }));
});
afterAll(() => {
  beem.close();
});

test('a stage that sends through Beem knows of every message what became of it', async () => {
  const person = await service.person();
  const phones = newPhones(4);
  const sent = await person.api.messaging.bulkSend({
    body: { contacts: phones.map((phone) => ({ phone })), message: 'Habari', sender_id: 'MIFUMO' },
  });
  const { ids, batchId } = acceptedOf(sent);
  expect(await batchWhen(person, batchId)).toMatchObject({ status: 'completed', sent: 4, delivered: 0 });
  expect(texts).toHaveLength(4);
  const tables = tablesOf(service.running);
  // As if their five minutes were over.
  for (const question of (await tables.scan('messaging')).filter(({ pk }) => pk === 'SMS-RECEIPTS'))
    await tables.move('messaging', question, { sk: `2000${String(question.sk).slice(4)}` });
  await runWorker(service.running, smsWorkers.askReceipts);
  for (const [n, phone] of phones.entries())
    await messageWhen(person, ids[n] ?? '', Number(phone) % 2 === 0 ? 'delivered' : 'failed');
  expect((await tables.scan('messaging')).filter(({ pk }) => pk === 'SMS-RECEIPTS')).toEqual([]);
  expect(texts).toHaveLength(4);
});
