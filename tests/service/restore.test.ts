import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { byName } from '../../core/by-name.ts';
import { type TableName, tables } from '../../core/contract/resources.ts';
import { putAll } from '../../core/dynamo/put-all.ts';
import type { Item } from '../../core/dynamo/store.ts';
import { projectAssembly } from '../../local/project.ts';
import { type Running, start } from '../../local/start.ts';
import { command } from '../command.ts';
import { newPatients } from '../patients/fixtures.ts';
import { somebody } from '../people.ts';
import { rootClient } from '../root-client.ts';
import { everythingShown, workInEverySystem } from '../upgrades/work-in-every-system.ts';
import { ownService } from './own.ts';
import { wholeTablesOf } from './verified.ts';

/** Tables that are restored to a later instant than the others. */
const later: readonly TableName[] = ['patients', 'cliniko', 'admin', 'webhooks', 'apiKeys', 'apiKeyUses'];

type Place = Pick<Running, 'awsEndpoint'>;

const restoredNames = byName(tables, (table) => `restored-${table}`);

/** All items of a table by its deployed name. */
async function itemsOf(running: Place, TableName: string): Promise<Item[]> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(rootClient(running.awsEndpoint)));
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName })) items.push(...(page.Items ?? []));
  client.destroy();
  return items;
}

/** Makes a table of a restore: the keys and indexes of the one that it is of, and other items. */
async function restore(running: Place, from: string, to: string, items: readonly Item[]): Promise<void> {
  const client = new DynamoDBClient(rootClient(running.awsEndpoint));
  const { Table } = await client.send(new DescribeTableCommand({ TableName: from }));
  await client.send(
    new CreateTableCommand({
      ...{ TableName: to, BillingMode: 'PAY_PER_REQUEST' },
      AttributeDefinitions: Table?.AttributeDefinitions,
      KeySchema: Table?.KeySchema,
      LocalSecondaryIndexes: Table?.LocalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
        ...{ IndexName, KeySchema, Projection },
      })),
    }),
  );
  client.destroy();
  const { tables: whole } = await wholeTablesOf(running);
  await putAll(whole.store, to, items);
}

const verify = (running: Place, options: string[]) =>
  command('verify-tables.ts', ['--url', running.awsEndpoint, ...options], running.awsEndpoint).ended;

test('a stage goes on with tables of different instants, after they were verified and repaired', {
  timeout: 300_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bulkhead-restore-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const before = await start({ assembly: await projectAssembly(), port: 0, dataDir });
  await workInEverySystem(before.url);
  const shown = await everythingShown(before.url);
  const { names } = await wholeTablesOf(before);
  const early = new Map<TableName, Item[]>();
  for (const table of tables) early.set(table, await itemsOf(before, names[table]));

  // What is done between the instants: by the tenant that was there, and by one that is new.
  for (const tenantId of ['tenant-1', 'tenant-late']) {
    const { api } = await somebody({ url: before.url, role: 'admin', tenantId });
    const created = await api.patients.create({ body: newPatients(5) });
    expect(created.status).toBe(201);
  }
  for (const table of tables)
    await restore(
      before,
      names[table],
      restoredNames[table],
      later.includes(table) ? await itemsOf(before, names[table]) : (early.get(table) ?? []),
    );

  const found = await verify(before, ['--tables', 'restored-', '--repair']);
  expect(found).toMatchObject({ code: 1, stdout: expect.stringContaining('would repair patients HEAD#') });
  // Of both tenants, also of that which has no audit records at all.
  const torn = found.stdout.match(/^patients: HEAD counts as many commits.*HEAD#\w+/gm);
  expect(new Set(torn).size).toBe(2);
  const repaired = await verify(before, ['--tables', 'restored-', '--repair', '--yes']);
  expect(repaired).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is as promised.') });
  const own = await itemsOf(before, names.patients);
  await before.stop();

  const settings = { tableNames: restoredNames };
  const { running: after, person } = await ownService({ settings, dataDir });
  expect(await everythingShown(after.url)).toEqual(shown);
  const late = await person({ role: 'admin', tenantId: 'tenant-late' });
  expect(await late.api.patients.list()).toMatchObject({ status: 200, body: { total: 0 } });
  await workInEverySystem(after.url, 2);
  const added = await late.api.patients.create({ body: newPatients(3) });
  expect(added.status).toBe(201);

  const whole = await verify(after, ['--settings', JSON.stringify(settings)]);
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('(restored-patients)') });
  // The stack's own tables are as they were, to go back to.
  expect(await itemsOf(after, names.patients)).toEqual(own);
});
