import { beforeAll, describe, expect, inject, test } from 'vitest';
import { BATCH } from '../patients/helpers.ts';
import { somebody } from '../people.ts';
import { ownServiceOfFile } from './own.ts';
import { type RawAnswer, raw } from './raw.ts';

const origin: [string, string] = ['Origin', 'https://app.example.com'];

const corsOf = ({ headers }: RawAnswer) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'));

describe('locally pages of every origin may call', () => {
  test('an answer of any kind can be read, with the headers that callers need', async () => {
    const { token } = await somebody();
    const authorized: [string, string] = ['Authorization', `Bearer ${token}`];
    const answers = [
      await raw(`${inject('url')}/api/v1/patients`, { headers: [origin, authorized] }),
      await raw(`${inject('url')}/api/v1/patients`, { headers: [origin] }),
      await raw(`${inject('url')}/nowhere`, { headers: [origin] }),
      await raw(inject('url') + BATCH, { method: 'PATCH', headers: [origin] }),
      await raw(inject('url') + BATCH, { method: 'POST', headers: [origin, authorized], body: '{' }),
      await raw(inject('url') + BATCH, { method: 'POST', headers: [origin], body: 'x'.repeat(5_300_000) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 405, 422, 413]);
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(String(headers.vary)).toContain('Origin');
      const exposed = String(headers['access-control-expose-headers']);
      for (const name of [
        'X-Request-Id',
        'X-RateLimit-Remaining',
        'Retry-After',
        'Idempotency-Replayed',
        'X-Cache',
      ])
        expect(exposed).toContain(name);
    }
  });

  test('a caller that is no page gets no such headers', async () => {
    expect(corsOf(await raw(`${inject('url')}/health`, {}))).toEqual([]);
  });
});

describe('where no origins are set', () => {
  let url: string;
  beforeAll(async () => {
    const own = await ownServiceOfFile({ settings: { metricsOpen: false, corsOrigins: [] } });
    url = own.running.url;
  });

  test('no page may read an answer or send a request that needs to be asked for', async () => {
    const answers = [
      await raw(`${url}/health`, { headers: [origin] }),
      await raw(`${url}/nowhere`, { headers: [origin] }),
      await raw(url + BATCH, {
        method: 'OPTIONS',
        headers: [origin, ['Access-Control-Request-Method', 'POST']],
      }),
      await raw(url + BATCH, { method: 'POST', headers: [origin], body: 'x'.repeat(7_000_000) }),
    ];
    for (const answer of answers) expect(corsOf(answer)).toEqual([]);
  });
});
