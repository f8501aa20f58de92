import { beforeAll, expect, inject, test } from 'vitest';
import { imported, post } from '../messaging/contact-helpers.ts';
import { created } from '../patients/helpers.ts';
import { type Person, somebody } from '../people.ts';
import { ownServiceOfFile } from '../service/own.ts';

const SAMPLE =
  /^(?<metric>patient|contact)_operations_total\{action="(?<action>create|update|delete)", ?tenant_id="(?<tenant>(?:[^"\\\n]|\\["\\n])*)"\} (?<value>\d+)$/;

interface Sample {
  metric: string;
  action: string;
  tenant: string;
  value: number;
}

/** Reads the text format strictly: a line that is not as it must be is an error. */
function samplesOf(text: string): Sample[] {
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  const samples: Sample[] = [];
  for (const name of ['patient', 'contact']) {
    expect(lines.shift()).toMatch(new RegExp(`^# HELP ${name}_operations_total \\S`));
    expect(lines.shift()).toBe(`# TYPE ${name}_operations_total counter`);
    const end = lines.findIndex((line) => line.startsWith('#'));
    for (const line of lines.splice(0, end < 0 ? lines.length : end)) {
      const { metric = '', action = '', tenant = '', value = '' } = SAMPLE.exec(line)?.groups ?? {};
      if (metric !== name) throw new Error(`no sample of ${name}: ${line}`);
      const unescaped = tenant.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter));
      samples.push({ metric, action, tenant: unescaped, value: Number(value) });
    }
  }
  return samples;
}

const seriesOf = (samples: Sample[], tenantId: string, of = 'patient') =>
  Object.fromEntries(
    samples
      .filter(({ metric, tenant }) => metric === of && tenant === tenantId)
      .map(({ action, value }) => [action, value]),
  );

async function metrics(url: string, person?: Person) {
  const response = await fetch(
    `${url}/metrics`,
    person ? { headers: { Authorization: `Bearer ${person.token}` } } : {},
  );
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('counts what committed batches did, for each tenant, in the text format of Prometheus', async () => {
  const person = await somebody();
  const patients = await created(person, 5);
  await created(person, 2);
  await person.api.patients.update({ body: patients.slice(0, 3).map(({ id }) => ({ id, phone: '+1' })) });
  await person.api.patients.remove({ body: [patients[0]?.id, patients[0]?.id, 'nobody'] });
  await person.api.patients.update({ body: [{ id: patients[1]?.id }, { id: crypto.randomUUID() }] });
  await person.untypedApi.patients.create({ body: [{}] });
  const { status, type, text } = await metrics(inject('url'));
  expect(status).toBe(200);
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = samplesOf(text);
  expect(seriesOf(samples, person.tenantId)).toEqual({ create: 7, update: 3, delete: 1 });
  const names = samples.map(({ metric, action, tenant }) => `${metric} ${action} ${tenant}`);
  expect(new Set(names).size).toBe(samples.length);
});

test('counts contacts beside patients, and what is noted of their phones not at all', async () => {
  const person = await somebody();
  const contacts = await imported(person, 3);
  const ids = contacts.map(({ id }) => id);
  await post(person, 'bulk-edit', { contact_ids: ids.slice(0, 2), updates: { name: 'x' } });
  await post(person, 'bulk-delete', { contact_ids: ids });
  await post(person, 'opt-out', { phone: contacts[0]?.phone_e164 });
  const { text } = await metrics(inject('url'));
  expect(seriesOf(samplesOf(text), person.tenantId, 'contact')).toEqual({ create: 3, update: 2, delete: 3 });
});

test('the name of a tenant is escaped, whatever is in it', async () => {
  const tenantId = `quote " backslash \\ braces {} = , 雪 ${crypto.randomUUID()}`;
  await created(await somebody({ tenantId }), 2);
  expect(seriesOf(samplesOf((await metrics(inject('url'))).text), tenantId)).toMatchObject({ create: 2 });
});

test('series do not fall when patients are deleted', async () => {
  const person = await somebody();
  const patients = await created(person, 3);
  await person.api.patients.remove({ body: patients.map(({ id }) => id) });
  const { text } = await metrics(inject('url'));
  expect(seriesOf(samplesOf(text), person.tenantId)).toEqual({ create: 3, update: 0, delete: 3 });
});

let closed: Awaited<ReturnType<typeof ownServiceOfFile>>;
beforeAll(async () => {
  closed = await ownServiceOfFile({ settings: { metricsOpen: false, corsOrigins: [] } });
});

test('where metrics are not open an admin reads the own tenant’s, a super_admin all, nobody else any', async () => {
  const { running, person } = closed;
  const [admin, other] = [await person({ role: 'admin' }), await person()];
  await created(admin, 2);
  await created(other, 3);
  const own = samplesOf((await metrics(running.url, admin)).text);
  expect(new Set(own.map(({ tenant }) => tenant))).toEqual(new Set([admin.tenantId]));
  expect(seriesOf(own, admin.tenantId)).toMatchObject({ create: 2 });
  const all = samplesOf((await metrics(running.url, await person({ role: 'super_admin' }))).text);
  expect(seriesOf(all, admin.tenantId)).toMatchObject({ create: 2 });
  expect(seriesOf(all, other.tenantId)).toMatchObject({ create: 3 });
  for (const role of ['user', 'viewer', 'manager'] as const) {
    const refused = await metrics(running.url, await person({ role }));
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toEqual({ detail: 'Not enough permissions' });
  }
  const stranger = await metrics(running.url);
  expect(stranger.status).toBe(401);
  expect(JSON.parse(stranger.text)).toEqual({ detail: 'Not authenticated' });
});
