import { afterAll, beforeAll, expect, test } from 'vitest';
import { noLimits } from '../../local/limits/limits.ts';
import { somebody } from '../people.ts';
import { type Own, ownServiceOfFile } from '../service/own.ts';
import { makeCaller, type Seen, type Wrong } from './caller.ts';
import { conditions } from './conditions.ts';
import { admin } from './work/admin.ts';
import { cliniko } from './work/cliniko.ts';
import { contacts } from './work/contacts.ts';
import { content } from './work/content.ts';
import { patients } from './work/patients.ts';
import { texts } from './work/texts.ts';

/** Rounds of each work: ROUNDS=8 makes the figures of docs/operating.md. */
const rounds = Number(process.env.ROUNDS ?? 2);
/** Another SEED makes other faults. */
const seed = Number(process.env.SEED ?? 1);
const works = { patients, contacts, texts, cliniko, content, admin };

/** The statuses that each API promises to a caller who asks for nothing wrong. */
const promised = new Set([200, 201, 202, 207, 409, 429, 503]);

let service: Own;
const figures: string[] = [];

beforeAll(async () => {
  service = await ownServiceOfFile({
    limits: { ...noLimits, seed },
    environment: { WEBHOOK_LOOPBACK: 'true' },
  });
});
afterAll(() => {
  console.log(
    [
      '| condition | requests | statuses | median / 99 % / longest in s | limits and faults met | lost, doubled, partial |',
      '| --- | --- | --- | --- | --- | --- |',
      ...figures,
    ].join('\n'),
  );
});

function figure(name: string, seen: Seen[], counts: Record<string, number>, wrong: Wrong): string {
  const sorted = seen.map(({ milliseconds }) => milliseconds / 1_000).toSorted((one, other) => one - other);
  const at = (part: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(2);
  const statuses = Object.entries(Object.groupBy(seen, ({ status }) => status)).map(
    ([status, its = []]) => `${status}: ${its.length}`,
  );
  const met = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`);
  const { lost, doubled, partial } = wrong;
  return `| ${[name, seen.length, statuses.join(', '), `${at(0.5)} / ${at(0.99)} / ${at(1)}`, met.join(', ') || 'none', `${lost}, ${doubled}, ${partial}`].join(' | ')} |`;
}

test('a call uses up one place of its rate limit, also if answers of DynamoDB are lost', async () => {
  const person = await somebody({ url: service.running.url, role: 'admin' });
  service.running.setLimits({ ...noLimits, lostShare: 0.5 });
  const remaining: (string | null)[] = [];
  for (let call = 1; call <= 10; call++) {
    const { headers } = await person.fetch('/api/v1/batch/patients', { method: 'POST', body: '[]' });
    remaining.push(headers.get('x-ratelimit-remaining'));
  }
  service.running.setLimits(noLimits);
  expect(remaining).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1', '0']);
});

test('a cancel of texts is told as done, also if the answer of DynamoDB is lost', async () => {
  const person = await somebody({ url: service.running.url, role: 'admin' });
  const order = { contacts: [{ phone: '+255712345678' }], message: 'Hi', sender_id: 'SHOP' };
  for (let time = 0; time < 4; time++) {
    service.running.setLimits(noLimits);
    const schedule_at = new Date(Date.now() + 86_400_000).toISOString();
    const { body } = await person.api.messaging.bulkSend({ body: { ...order, schedule_at } });
    const { batch_id: id = '' } = body as { batch_id?: string };
    service.running.setLimits({ ...noLimits, lostShare: 0.5 });
    const result = await person.api.messaging.cancelBatch({ params: { id } });
    expect(result).toMatchObject({ status: 200, body: { status: 'canceled', canceled: 1 } });
  }
  service.running.setLimits(noLimits);
});

test.each(Object.entries(conditions))(
  'under %s, each system loses, doubles and halves nothing, and answers only what its API promises',
  { timeout: 600_000 },
  async (name, { limits, meets, refusesCallers = false }) => {
    const before = service.running.limitCounts();
    service.running.setLimits(limits);
    const caller = makeCaller(service.running);
    const begun = performance.now();
    const outcomes = await Promise.allSettled(
      Object.entries(works).map(async ([system, work]) => {
        const wrong = await work(caller, rounds);
        if (process.env.ROUNDS)
          console.log(name, system, ((performance.now() - begun) / 1_000).toFixed(1), wrong);
        return [system, wrong] as const;
      }),
    );
    service.running.setLimits(noLimits);
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [String(outcome.reason)] : [],
    );
    const wrongs = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const after = service.running.limitCounts();
    const counts = Object.fromEntries(
      Object.entries(after).map(([kind, count]) => [kind, count - before[kind as keyof typeof before]]),
    );
    const sum = (kind: keyof Wrong) => wrongs.reduce((total, [, wrong]) => total + wrong[kind], 0);
    figures.push(
      figure(name, caller.seen, counts, {
        lost: sum('lost'),
        doubled: sum('doubled'),
        partial: sum('partial'),
      }),
    );
    expect(failures).toEqual([]);
    const none = { lost: 0, doubled: 0, partial: 0 };
    expect(Object.fromEntries(wrongs)).toEqual(
      Object.fromEntries(Object.keys(works).map((system) => [system, none])),
    );
    expect(meets.filter((kind) => counts[kind] === 0)).toEqual([]);
    if (refusesCallers) expect(caller.seen.some(({ status }) => status === 503)).toBe(true);
    expect(caller.seen.filter(({ status }) => !promised.has(status))).toEqual([]);
    expect(caller.seen.filter(({ status, retryAfter }) => status === 503 && !retryAfter)).toEqual([]);
  },
);
