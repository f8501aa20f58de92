import { describe, expect, test } from 'vitest';
import { newPatient } from '../patients/fixtures.ts';
import { BATCH, PATIENTS, send } from '../patients/helpers.ts';
import type { Person } from '../people.ts';
import { fc } from '../properties.ts';
import { ownService } from './own.ts';
import { unlimitedRates } from './unlimited.ts';

/** The number of requests of each kind; `FUZZ=5000 npx vitest run tests/service/fuzz.test.ts` makes more. */
const runs = Number(process.env.FUZZ ?? 150);

const place = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(null, '', ' ', '\u0000', '\ud800', -0, [], {}, 2 ** 53, 'x'.repeat(3_000)),
);
const patient = fc
  .tuple(fc.constantFrom(...Object.keys(newPatient()), 'id', 'tenant_id', 'medical_history'), value)
  .map(([field, wild]) => ({ ...newPatient(), [field]: wild }));
const body = fc.oneof(
  fc.array(patient, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  fc.array(value, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  fc.json(),
  fc.string(),
  fc
    .tuple(fc.nat({ max: 150 }), fc.string({ maxLength: 3 }))
    .map(([at, text]) => JSON.stringify([newPatient()]).slice(0, at) + text),
);
const segment = fc.oneof(fc.uuid(), fc.string({ unit: 'binary' })).map((text) => {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
});
const query = fc.record(
  {
    limit: fc.oneof(fc.integer().map(String), fc.string()),
    offset: fc.oneof(fc.integer().map(String), fc.string()),
    cursor: fc.oneof(
      fc.string(),
      fc
        .array(fc.oneof(fc.string({ unit: 'binary' }), fc.double()), { maxLength: 3 })
        .map((parts) => place(...parts)),
      fc.tuple(fc.uuid(), fc.oneof(fc.uuid(), fc.string({ unit: 'binary' }))).map((parts) => place(...parts)),
    ),
    tenant_id: fc.string({ unit: 'binary' }),
    action: fc.constantFrom('CREATE', 'x', ''),
    resource_id: fc.string({ unit: 'binary' }),
  },
  { requiredKeys: [] },
);

/** The shapes of this API: a sentence, or a list of what is wrong where. */
function expectShape(text: string): void {
  const { detail } = JSON.parse(text) as { detail: unknown };
  if (typeof detail === 'string') expect(detail).not.toMatch(/exception|dynamo|aws|\bat \//i);
  else
    for (const one of detail as { loc: unknown[]; msg: string; type: string }[]) {
      expect(['body', 'query', 'path', 'header']).toContain(one.loc[0]);
      expect([typeof one.msg, typeof one.type]).toEqual(['string', 'string']);
      expect(Object.keys(one).every((key) => ['loc', 'msg', 'type', 'ctx'].includes(key))).toBe(true);
    }
}

async function expectNoFault(person: Person, method: string, path: string, text?: string): Promise<void> {
  const answer = await send(person, method, path, text);
  expect(answer.status).toBeLessThan(500);
  if (answer.status >= 400) expectShape(answer.text);
}

describe('whatever is sent, the answer is no fault of ours and has the shape of this API', () => {
  test('bodies', async () => {
    const { person } = await ownService({ settings: unlimitedRates });
    const calls = fc.tuple(fc.constantFrom('POST', 'PUT', 'DELETE'), fc.constantFrom(BATCH, PATIENTS), body);
    await fc.assert(
      fc.asyncProperty(calls, async ([method, path, text]) => {
        const one = path === PATIENTS && method !== 'POST' ? `${PATIENTS}/${crypto.randomUUID()}` : path;
        await expectNoFault(await person(), method, one, text);
      }),
      { numRuns: runs },
    );
  }, 600_000);

  test('paths and queries', async () => {
    const { person } = await ownService({ settings: unlimitedRates });
    const people = [await person(), await person({ role: 'admin' }), await person({ role: 'super_admin' })];
    const routes = fc.oneof(
      fc.constantFrom(PATIENTS, '/api/v1/dashboard', '/api/v1/audit-logs'),
      segment.map((one) => `${PATIENTS}/${one}`),
      segment.map((one) => `/${one}`),
    );
    await fc.assert(
      fc.asyncProperty(routes, query, fc.constantFrom(...people), async (path, asked, who) => {
        const search = new URLSearchParams(asked as Record<string, string>);
        await expectNoFault(who, 'GET', `${path}?${search}`);
      }),
      { numRuns: 2 * runs },
    );
  }, 600_000);
});
