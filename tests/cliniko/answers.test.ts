import { beforeAll, expect, test } from 'vitest';
import type { FailureKind } from '../../functions/cliniko/faults.ts';
import { broken, simulated, useService } from './simulation.ts';

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
])('asks again when Cliniko once answers with %s, and counts it as %s', async (_name, kind, odd) => {
  const { log, calls, tookMs } = await synced(odd);
  expect(log).toMatchObject({ status: 'completed', success: 155, retries: { [kind]: 1 } });
  const calm = await synced((given) => given);
  expect([calls, tookMs < calmMs]).toEqual([calm.calls + 1, true]);
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
