import { BatchWriteItemCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Worker } from '../../core/contract/worker.ts';
import { chunksOf } from '../../core/parallel.ts';
import { message } from '../../core/version.ts';
import { workers } from '../../functions/index.ts';
import { rootClient } from '../root-client.ts';
import { ownService } from '../service/own.ts';
import { unlimitedRates } from '../service/unlimited.ts';
import { verified } from '../service/verified.ts';
import { parsers } from './parsers.ts';
import { type Item, recordedVersions, recording } from './recorded.ts';
import { everythingShown } from './work-in-every-system.ts';

type Stored = NonNullable<Parameters<typeof unmarshall>[0]>;
const read = (item: Item): Item => unmarshall(item as Stored);

const allWorkers: Worker[] = Object.values(workers).flatMap((its) => Object.values<Worker>(its));
const consumer = (queue: string): Worker | undefined =>
  allWorkers.find(({ trigger }) => 'queue' in trigger && trigger.queue === queue);

/** The worker of each task. */
const ofSteps: Record<string, Worker> = {
  Begin: workers.cliniko.beginSync,
  Page: workers.cliniko.syncPage,
  Removals: workers.cliniko.syncRemovals,
  Finish: workers.cliniko.finishSync,
  Fail: workers.cliniko.failSync,
  Deliver: workers.webhooks.deliver,
};

const newer = expect.objectContaining({ name: 'NewerVersion' });

test('something was recorded of each release', () => {
  expect(recordedVersions().length).toBeGreaterThan(0);
});

describe.each(recordedVersions())('what version %s left', (version) => {
  const { at, tables, kinds, messages, steps } = recording(version);

  test.each(kinds)('is read with all its fields: $kind', ({ kind, item }) => {
    const parser = parsers[kind];
    expect(parser, `tests/upgrades/parsers.ts has a parser of ${kind}`).toBeDefined();
    const { pk: _pk, sk: _sk, ...fields } = read(item);
    const key = kind.includes('DUE') || kind === 'cliniko RUNNING' ? {} : fields;
    expect(parser?.(read(item)), 'a field that is no longer read needs the next version').toMatchObject(key);
  });

  test.each(kinds)('is refused once it is of a newer version than the code: $kind', ({ kind, item }) => {
    expect(() => parsers[kind]?.({ ...read(item), v: 9 })).toThrow(newer);
  });

  test.each(messages)('is understood from the queue $queue', ({ queue, message: sent }) => {
    const schema = consumer(queue)?.message;
    expect(schema?.parse(sent), 'a field that is no longer read needs the next version').toEqual(sent);
    expect(() => schema?.parse({ ...sent, version: 9 })).toThrow(newer);
  });

  test.each(steps)('is understood by the step $step of an execution that goes on', ({ step, payload }) => {
    const schema = ofSteps[step]?.message;
    const { version: _constant, ...fields } = payload;
    expect(schema?.parse(payload), 'a field that is no longer read needs the next version').toEqual(fields);
    expect(() => schema?.parse({ ...payload, version: 9 })).toThrow(newer);
  });

  test('is served by the API of now, and every rule of the tables holds', { timeout: 120_000 }, async () => {
    const { running } = await ownService({ settings: unlimitedRates });
    const client = new DynamoDBClient(rootClient(running.awsEndpoint));
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const seconds = Math.floor((Date.now() - at) / 1000);
    for (const [table, items] of Object.entries(tables)) {
      const name = TableNames.find((one) => one.includes(`Tables${table}`)) ?? '';
      // As if it was recorded now: otherwise some would have expired.
      const current = items.map(({ expires_at: expires, ...item }) => {
        const N = String(Number((expires as { N?: string } | undefined)?.N) + seconds);
        return expires ? { ...item, expires_at: { N } } : item;
      });
      for (const some of chunksOf(current, 25)) {
        const requests = some.map((item) => ({ PutRequest: { Item: item as never } }));
        await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }));
      }
    }
    client.destroy();
    const shown = await everythingShown(running.url);
    expect(shown).toMatchObject({
      '/api/v1/patients?limit=500': { total: 2 },
      '/api/messaging/contacts?limit=500': { total: 2 },
      '/api/v1/cliniko/active-patients/clinic-1': { patients: expect.any(Array) },
      '/api/content/video-1': { title: 'New', price: 1_000 },
      '/api/v1/admin/export/orders?limit=100': { results: expect.any(Array) },
    });
    expect(await verified(running)).toEqual([]);
  });
});

test('a shape of the version before is upgraded, and one before that is told to be too old', () => {
  const shape = message('parcel', z.object({ version: z.literal(3), grams: z.int() }), {
    newest: 3,
    upgrade: ({ kilograms, ...rest }) => ({ ...rest, grams: Number(kilograms) * 1_000 }),
  });
  expect(shape.parse({ version: 3, grams: 5 })).toEqual({ version: 3, grams: 5 });
  expect(shape.parse({ version: 2, kilograms: 2 })).toEqual({ version: 3, grams: 2_000 });
  expect(() => shape.parse({ version: 1, pounds: 2 })).toThrow(
    'a parcel has version 1, which is no longer read',
  );
  expect(() => shape.parse({ version: 4, grams: 5 })).toThrow(newer);
});
