import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smsEndpoints } from '../../functions/messaging/sms/api.ts';
import { gatewayServer, listen, restApiListener } from '../../local/gateway/gateway.ts';
import { readRestApi } from '../../local/gateway/rest-api.ts';
import { functionSpecs, moduleFiles, runtimeEnvironment } from '../../local/lambda/function-spec.ts';
import type { Person } from '../people.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { newSender } from './sms.ts';
import { workbook } from './workbook.ts';

const ROWS = 50_000;
const LIMIT = 512;

let service: Own;
let gatewayUrl = '';
/** The most memory that a function had, in megabytes. */
let most = 0;

/** The service's API once more, with each of its calls served by a process of its own with no more memory than this. */
const gateway = () => {
  const { stack, awsEndpoint, url } = service.running;
  return gatewayServer(
    restApiListener(readRestApi(stack), {
      async invoke(arn, payload) {
        const spec = functionSpecs(stack).find(({ name }) => arn.includes(name));
        const module = spec && moduleFiles(spec).find(existsSync);
        if (!module) throw new Error(`there is no function ${arn}`);
        const child = spawn(process.execPath, [join(import.meta.dirname, 'function-process.ts'), module], {
          env: {
            ...spec.environment,
            ...runtimeEnvironment(spec, awsEndpoint),
            JWKS_URI: `${url}/_local/jwks.json`,
            NODE_OPTIONS: `--max-old-space-size=${LIMIT}`,
          },
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        child.stdin.end(payload);
        // Before it are the lines of its log.
        const last = (await text(child.stdout)).trimEnd().split('\n').at(-1) ?? '';
        const { answer, megabytes } = JSON.parse(last);
        most = Math.max(most, megabytes);
        return { kind: 'answer', payload: JSON.stringify(answer) };
      },
    }),
  );
};

beforeAll(async () => {
  service = await ownServiceOfFile();
  const server = gateway();
  gatewayUrl = `http://127.0.0.1:${await listen(server, 0)}`;
  afterAll(() => {
    server.close();
  });
});

const header = ['Phone Number', 'Name', 'Message', 'Sender ID'];

/** Rows whose texts no compression makes small. */
const rows = (characters: number) =>
  Array.from({ length: ROWS }, (_, n) => {
    const noise = createHash('sha512').update(String(n)).digest('base64');
    return [`+25571${String(n).padStart(7, '0')}`, `Name ${n}`, noise.slice(0, characters), ''];
  });

async function upload({ token }: Person, body: FormData | string): Promise<unknown> {
  const authorization = `Bearer ${token}`;
  const headers =
    typeof body === 'string' ? { authorization, 'content-type': 'application/json' } : { authorization };
  const { path } = smsEndpoints.bulkUpload;
  return await (await fetch(gatewayUrl + path, { method: 'POST', headers, body })).json();
}

const everyRow = {
  success: true,
  total_contacts: ROWS,
  processed_contacts: ROWS,
  successful_contacts: ROWS,
  errors: [],
};

test('50,000 rows of a form are read, checked, stored and answered in 512 MB', {
  timeout: 60_000,
}, async () => {
  const person = await service.person();
  const csv = [header, ...rows(40)].map((cells) => cells.join(',')).join('\n');
  const body = new FormData();
  body.append('sender_id', newSender());
  body.append('file', new Blob([csv]), 'a.csv');
  expect(await upload(person, body)).toMatchObject(everyRow);
  expect(most).toBeGreaterThan(50);
  expect(most).toBeLessThan(LIMIT);
});

test('50,000 rows of an uploaded workbook are, too', { timeout: 60_000 }, async () => {
  const person = await service.person();
  const made = await person.api.messaging.uploadUrl({});
  if (!made.ok) throw new Error(JSON.stringify(made.body));
  const { upload_id, url, fields } = made.body;
  const file = workbook([header, ...rows(88)]);
  expect(file.length).toBeGreaterThan(5_000_000);
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  form.append('file', new Blob([new Uint8Array(file)]));
  expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
  const body = JSON.stringify({ upload_id, sender_id: newSender() });
  expect(await upload(person, body)).toMatchObject(everyRow);
  expect(most).toBeLessThan(LIMIT);
});
