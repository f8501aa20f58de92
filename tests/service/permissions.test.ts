import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { projectAssembly } from '../../local/project.ts';
import { newPatient, newPatients } from '../patients/fixtures.ts';
import { BATCH, created, everybody, PATIENTS, send } from '../patients/helpers.ts';
import { ownService } from './own.ts';

interface Statement {
  Action: string | string[];
  Resource: unknown;
}
interface Template {
  Resources: Record<
    string,
    { Type: string; Properties: { Policies: { PolicyDocument: { Statement: Statement[] } }[] } }
  >;
}

/** A copy of the synthesised app in which one function may not do one thing any more. */
async function without(action: string, roleOf: RegExp, resource: RegExp): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-assembly-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(await projectAssembly(), folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    artifacts: Record<string, { type: string; properties: { templateFile: string } }>;
  };
  const stack = Object.values(manifest.artifacts).find(({ type }) => type === 'aws:cloudformation:stack');
  const file = join(folder, stack?.properties.templateFile ?? '');
  const template = JSON.parse(await readFile(file, 'utf8')) as Template;
  let removed = 0;
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::IAM::Role' || !roleOf.test(id)) continue;
    for (const statement of Properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)) {
      const actions = [statement.Action].flat();
      if (!actions.includes(action) || !resource.test(JSON.stringify(statement.Resource))) continue;
      statement.Action = actions.filter((one) => one !== action);
      removed += 1;
    }
  }
  expect(removed).toBe(1);
  await writeFile(file, JSON.stringify(template));
  return folder;
}

test('a missing grant is a bare 500 for the caller, and the log names its action and resource', async () => {
  const folder = await without('dynamodb:PutItem', /^patientscreateRole/, /[Aa]udit/);
  const { running, person } = await ownService({ assembly: folder });
  const user = await person();
  const body = JSON.stringify(newPatients(2));
  const answer = await send(user, 'POST', BATCH, body, { 'X-Request-Id': 'look-for-me' });
  expect(answer.status).toBe(500);
  expect(answer.text).toBe('{"detail":"Internal server error"}');
  expect(answer.headers.get('x-request-id')).toBe('look-for-me');
  const line = running
    .logs()
    .find(({ text }) => text.includes('"unexpected"') && text.includes('look-for-me'));
  expect(line?.text).toMatch(
    /not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:[^ ]*[Aa]udit/,
  );
  expect(await everybody(user)).toEqual([]);
});

test('a call that failed by a fault of ours may be repeated with its key once the fault is gone', async () => {
  const folder = await without('dynamodb:PutItem', /^patientscreateRole/, /[Aa]udit/);
  const broken = await ownService({ assembly: folder });
  const traits = { userId: 'u1', tenantId: 't1' };
  const headers = { 'Idempotency-Key': 'once' };
  const body = JSON.stringify(newPatients(2));
  const failed = await send(await broken.person(traits), 'POST', BATCH, body, headers);
  expect(failed.status).toBe(500);
  await broken.running.crash();
  const { person } = await ownService({ dataDir: broken.dataDir });
  const repaired = await person(traits);
  const answer = await send(repaired, 'POST', BATCH, body, headers);
  expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([201, null]);
  expect(await everybody(repaired)).toHaveLength(2);
});

test('no route asks for anything that its role may not do', async () => {
  const { running, person } = await ownService();
  const [user, admin, boss] = [
    await person(),
    await person({ role: 'admin' }),
    await person({ role: 'super_admin' }),
  ];
  for (const one of [user, admin, boss]) {
    const patients = await created(one, 120);
    const ids = patients.map(({ id }) => id);
    await one.api.patients.update({ body: ids.map((id) => ({ id, phone: '+1' })) });
    await one.api.patients.list({ query: { limit: 10, offset: 50 } });
    await one.api.patients.get({ params: { id: ids[0] ?? '' } });
    await one.api.patients.updateOne({ params: { id: ids[0] ?? '' }, body: { phone: '+2' } });
    await one.api.patients.removeOne({ params: { id: ids[1] ?? '' } });
    await one.api.patients.remove({ body: ids });
    await one.api.patients.dashboard();
    await one.api.patients.auditLogs();
    await send(one, 'POST', PATIENTS, JSON.stringify(newPatient()), { 'Idempotency-Key': 'k' });
    await send(one, 'POST', PATIENTS, JSON.stringify(newPatient()), { 'Idempotency-Key': 'k' });
    for (const path of ['/health', '/ready', '/metrics', '/openapi.json', '/nowhere'])
      await send(one, 'GET', path);
  }
  const lines = running.logs().map(({ text }) => text);
  expect(lines.filter((line) => /not authorized|"unexpected"/.test(line))).toEqual([]);
  expect(lines.filter((line) => line.includes('"answered"')).length).toBeGreaterThan(40);
});
