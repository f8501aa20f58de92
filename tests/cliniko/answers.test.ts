import { beforeAll, expect, test } from 'vitest';
import type { FailureKind } from '../../functions/cliniko/faults.ts';
import { accountOf, broken, simulated, useService } from './simulation.ts';

beforeAll(useService);

const clinic = { patients: 150, archived: 5 };
const calmMs = 10 * 60_000;

const json = (value: unknown) => new Response(JSON.stringify(value));
const page = (more: object) => ({ patients: [], total_entries: 0, links: {}, ...more });
const status = (code: number, headers: Record<string, string> = {}) =>
  new Response(code === 204 ? null : '<h1>x</h1>', { status: code, headers });

/** Synchronises with an account whose n-th to m-th answers are replaced by these. */
async function synced(odd: (given: Response) => Response | Promise<Response>, from = 6, until = from) {
  const place = await simulated({ spec: clinic, seed: 61 });
  const { fetch } = place.deps;
  let calls = 0;
  place.deps.fetch = async (url, init) => {
    calls += 1;
    const given = await fetch(url, init);
    return calls >= from && calls <= until ? await odd(given) : given;
  };
  const result = await place.sync();
  expect(broken(result)).toEqual([]);
  return { ...result, calls, tookMs: place.clock.now - result.began };
}

test.each<[string, FailureKind, (given: Response) => Response | Promise<Response>]>([
  ['nothing', 'unreadable', () => new Response('')],
  ['no content', 'unexpected', () => status(204)],
  ['a part of it', 'unexpected', () => status(206)],
  ['null', 'unexpected', () => json(null)],
  ['a list', 'unexpected', () => json([])],
  ['an error in place of a page', 'unexpected', () => json({ error: 'Something went wrong' })],
  ['no patients', 'unexpected', () => json(page({ patients: null }))],
  ['a count that is text', 'unexpected', () => json(page({ total_entries: 'many' }))],
  ['a count below zero', 'unexpected', () => json(page({ total_entries: -1 }))],
  ['more patients than it counts', 'unexpected', () => json(page({ patients: [{ id: '1' }] }))],
  ['fewer patients than it counts', 'unexpected', () => json(page({ total_entries: 150 }))],
  ['a link to something else', 'unexpected', () => json(page({ links: { next: '/v1/invoices?page=2' } }))],
  ['a link that is none', 'unexpected', () => json(page({ links: { next: 'page two' } }))],
  ['a link without end', 'unexpected', () => json(page({ links: { next: `?page=${'2'.repeat(2_000)}` } }))],
  ['garbage behind it', 'unreadable', async (given) => new Response(`${await given.text()}}`)],
  [
    'another encoding',
    'unreadable',
    async (given) => new Response(Buffer.from(await given.text(), 'utf16le')),
  ],
  ['brackets without end', 'unreadable', () => new Response('['.repeat(1_000_000))],
  ['that it is not there', 'unexpected', () => status(404)],
  ['408', 'server_error', () => status(408)],
  ['425', 'server_error', () => status(425)],
  ['504', 'server_error', () => status(504)],
  ['520', 'server_error', () => status(520)],
  ['503 with a time that is none', 'server_error', () => status(503, { 'retry-after': 'soon' })],
  ['503 with a time that is over', 'server_error', () => status(503, { 'retry-after': '-1' })],
  [
    '503 with a date that is over',
    'server_error',
    () => status(503, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }),
  ],
  [
    '503 with an old form of a date',
    'server_error',
    () => status(503, { 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }),
  ],
  [
    'a name that cannot be resolved',
    'connection',
    () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })),
  ],
  [
    'a certificate that has expired',
    'connection',
    () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'CERT_HAS_EXPIRED' } })),
  ],
  ['400', 'refused', () => status(400)],
  ['401', 'refused', () => status(401)],
  ['402', 'refused', () => status(402)],
  ['403', 'refused', () => status(403)],
  ['422', 'refused', () => status(422)],
  ['a page for those who log in', 'refused', () => status(302, { location: '/login' })],
  ['a move to another host', 'refused', () => status(301, { location: 'https://elsewhere.example.com/' })],
  [
    'a link to another host',
    'refused',
    () => json(page({ links: { next: 'https://elsewhere.example.com/v1/patients?page=2' } })),
  ],
])('asks again when Cliniko once answers with %s, and counts it as %s', async (_name, kind, odd) => {
  const { log, calls, tookMs } = await synced(odd);
  expect(log).toMatchObject({ status: 'completed', success: 155, retries: { [kind]: 1 } });
  const calm = await synced((given) => given);
  expect([calls, tookMs < calmMs]).toEqual([calm.calls + 1, true]);
});

test.each([401, 403, 404])(
  'stores everybody though one call is answered with %i, whichever it is',
  async (code) => {
    const calm = await synced((given) => given);
    for (let from = 1; from <= calm.calls; from++) {
      const { log, state, calls } = await synced(() => status(code), from);
      expect(log).toMatchObject({ status: 'completed', success: 155, failed: 0 });
      // A list of archived or deleted patients that is not there is read again in another round.
      if (code !== 404) expect([calls, log.retries]).toEqual([calm.calls + 1, { refused: 1 }]);
      expect([state.account, state.run]).toEqual(['1', null]);
    }
  },
);

test.each<[number, string]>([
  [401, 'CLINIKO_AUTH_FAILED'],
  [403, 'CLINIKO_FORBIDDEN'],
  [400, 'CLINIKO_UNAVAILABLE'],
  [301, 'CLINIKO_UNAVAILABLE'],
])('ends at once when one more call confirms %i', async (code, error_code) => {
  const { log, calls, tookMs } = await synced(() => status(code), 6, 1_000);
  expect(log).toMatchObject({ status: 'failed', fault: { error_code } });
  expect([calls, tookMs < 10_000]).toEqual([7, true]);
});

test('confirms a refusal also when Cliniko fails or sends away the call that would confirm it', async () => {
  const inOrder =
    (...codes: number[]) =>
    () =>
      status(codes.shift() ?? 401, { 'retry-after': '3' });
  const away = await synced(inOrder(401, 429), 6, 7);
  expect(away.log).toMatchObject({ status: 'completed', retries: { refused: 1, rate_limited: 1 } });
  const failing = await synced(inOrder(401, 500), 6, 1_000);
  expect(failing.log).toMatchObject({ status: 'failed', fault: { error_code: 'CLINIKO_AUTH_FAILED' } });
  expect(failing.calls).toBe(8);
});

test('goes on with a new key when the former one is revoked under a call', async () => {
  const place = await simulated({ spec: clinic, seed: 61 });
  const { fetch } = place.deps;
  const former = place.account.spec.api_key;
  const isFormer = (init: RequestInit) =>
    new Headers(init.headers).get('authorization') === `Basic ${btoa(`${former}:`)}`;
  let calls = 0;
  place.deps.fetch = async (url, init) => {
    calls += 1;
    if (calls === 6) await place.useAccount(accountOf(clinic, 61, place.clock.now));
    return calls >= 6 && isFormer(init) ? status(401) : await fetch(url, init);
  };
  const { log, trace } = await place.sync();
  expect([log.status, log.success, trace]).toEqual(['completed', 155, []]);
});

test('makes no finished call of a postponed step again, also with a key that may not read all settings', async () => {
  const spec = { ...clinic, faults: [{ name: 'settings_forbidden' as const }] };
  const place = await simulated({ spec, seed: 63 });
  const { fetch } = place.deps;
  const answered: string[] = [];
  let calls = 0;
  place.deps.fetch = async (url, init) => {
    calls += 1;
    if (calls % 3 === 0) return status(429, { 'retry-after': '2' });
    answered.push(url.replace(/^.*\/v1/, ''));
    return await fetch(url, init);
  };
  const { log } = await place.sync();
  expect(log).toMatchObject({ status: 'completed', success: 155 });
  // The settings of administrators are refused, and that is confirmed.
  expect(answered.slice(0, 6)).toEqual([
    '/settings',
    '/settings',
    '/settings/public',
    '/patients/archived?per_page=1',
    '/patients?per_page=1',
    '/patients/archived?per_page=1',
  ]);
  expect(log.retries).toEqual({ refused: 1, rate_limited: Math.floor(calls / 3) });
});

test('counts anew when a key of another account is stored while the count waits', async () => {
  const place = await simulated({ spec: clinic, seed: 64 });
  const { fetch } = place.deps;
  let calls = 0;
  place.deps.fetch = async (url, init) => {
    calls += 1;
    return calls === 4 ? status(429, { 'retry-after': '60' }) : await fetch(url, init);
  };
  const other = accountOf({ id: '2', patients: 40 }, 65, place.clock.now);
  const result = await place.sync({
    beforeStep: async (steps) => {
      if (steps === 1) await place.useAccount(other);
    },
  });
  expect(broken(result)).toEqual([]);
  expect(result.log).toMatchObject({ status: 'completed', found: 40, success: 40 });
  expect(result.state.account).toBe('2');
});

test('reads an answer that begins with a byte order mark', async () => {
  const { log } = await synced(async (given) => new Response(`\ufeff${await given.text()}`), 1, 1_000);
  expect(log).toMatchObject({ status: 'completed', success: 155, retries: {} });
});

test('waits as long as 503 asks for, and not for hours', async () => {
  const short = await synced(() => status(503, { 'retry-after': '3' }));
  expect(short.log.status).toBe('completed');
  expect(short.tookMs).toBeGreaterThan(3_000);
  const long = await synced(() => status(503, { 'retry-after': '7200' }));
  expect(long.log).toMatchObject({ status: 'failed', fault: { error_code: 'CLINIKO_UNAVAILABLE' } });
  expect(long.tookMs).toBeLessThan(calmMs);
});

test('takes a patient whose record was damaged on the way, and tells its field', async () => {
  const { log, patients } = await synced(async (given) => {
    const text = (await given.text()).replace('"first_name":"', '"first_name":"M\u0001ller ');
    // The letter ü of Latin-1, which is not UTF-8.
    return new Response(Buffer.from(text).map((byte) => (byte === 1 ? 0xfc : byte)));
  }, 5);
  expect(log).toMatchObject({
    status: 'completed',
    warned: 1,
    warnings: [{ field: 'first_name', code: 'TEXT_DAMAGED' }],
  });
  expect(patients.some(({ first_name }) => first_name?.startsWith('M\ufffdller'))).toBe(true);
});

test('takes an account for the same one though its settings once come as something else', async () => {
  const { log, state } = await synced(() => json({ people: [] }), 1);
  expect(log).toMatchObject({ status: 'completed', success: 155, retries: { unexpected: 1 } });
  expect([state.account, Object.keys(state.holdings)]).toEqual(['1', ['1']]);
});

test('marks those whom Cliniko lists as deleted, also without a time, and tells records that name nobody', async () => {
  const place = await simulated({ spec: { patients: 30 }, seed: 62 });
  const first = await place.sync();
  place.clock.now += calmMs;
  const [one, other] = first.patients;
  place.account.patients = place.account.patients.filter(
    ({ id }) => id !== one?.cliniko_id && id !== other?.cliniko_id,
  );
  const link = (id = '') => ({ self: `https://api.au1.cliniko.com/v1/patients/${id}` });
  const { fetch } = place.deps;
  const patients = [
    { deleted_at: null, links: link(one?.cliniko_id) },
    { id: other?.cliniko_id },
    { deleted_at: '2026-01-01T00:00:00Z', links: link() },
  ];
  place.deps.fetch = async (url, init) => {
    const given = await fetch(url, init);
    return url.includes('/deleted') ? json({ patients, total_entries: 3, links: {} }) : given;
  };
  const { log, counts } = await place.sync();
  expect(log).toMatchObject({
    status: 'completed',
    warned: 1,
    warnings: [{ cliniko_patient_id: 'deleted 1.3', field: 'id', code: 'VALUE_LEFT_OUT' }],
  });
  expect([counts.active, counts.deleted]).toEqual([28, 2]);
});
