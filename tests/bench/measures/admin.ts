import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { openEngine } from '../../../core/batch/engine.ts';
import { dynamoStore } from '../../../core/dynamo/dynamo-store.ts';
import { adminKind } from '../../../functions/admin/batch/operation.ts';
import { partitionOf } from '../../../functions/admin/records/store.ts';
import { order, several } from '../../admin/records.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import type { Caller } from '../http.ts';
import { interleaved } from '../rounds.ts';
import { type Service, somebody, startService, tablesOf } from '../service.ts';

export const title = 'Exports and admin batches';
export const about =
  'Exports of 10,000 orders of 1.4 KB over HTTP (quick: of 2,000), against a loop of Query that reads the same records and throws them away; its time is what DynamoDB’s client takes alone. Batches of 1,000 operations over HTTP, until a poll sees their end, against the same chunks by the engine without queue, HTTP and polling.';

/** The most that an export may take of the Query loop's time (it is to make 0.8 of its bytes a second); that a first byte may take of the whole; that pages and lists may grow. */
const aims = { export: 1.25, firstByte: 0.1, offset: 1.3, batch: 1.43, past: 1.2 };

/** Fills an order up to about 1.4 KB of JSON. */
const NOTES = 'The customer was at home and the sink is tight again. '.repeat(18);

async function queryLoop(documents: DynamoDBDocumentClient, table: string, tenant: string): Promise<void> {
  let start: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': partitionOf('orders', tenant) },
        ConsistentRead: true,
        ExclusiveStartKey: start,
      }),
    );
    start = page.LastEvaluatedKey;
  } while (start);
}

const EXPORT = '/api/v1/admin/export/orders/';

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const service = await startService(cleanup);
  const documents = tablesOf(cleanup, service);
  const count = effort.quick ? 2_000 : 10_000;
  const { api, tenantId } = await somebody(cleanup, service, { role: 'admin' });
  const all = several(count, (id) => order(id, { notes: NOTES }));
  for (let from = 0; from < count; from += 1_000)
    await api.call('POST', '/api/v1/admin/import/orders/', all.slice(from, from + 1_000));
  const firstBytes: number[] = [];
  const whole = (query: string) => ({
    run: async () => {
      const begun = performance.now();
      const { firstByte } = await api.call('GET', `${EXPORT}?limit=${count}${query}`);
      firstBytes.push(firstByte / (performance.now() - begun));
    },
  });
  const page = (offset: number) => ({ run: () => api.call('GET', `${EXPORT}?limit=500&offset=${offset}`) });
  const deep = `page of 500 at offset ${count - 1_000}`;
  const timings = await interleaved(
    {
      JSON: whole(''),
      CSV: whole('&format=csv'),
      'Query loop': { run: () => queryLoop(documents, service.tables.admin, tenantId) },
      [deep]: page(count - 1_000),
      'first page of 500': page(0),
    },
    effort.roundsFor(5_000),
  );
  const sorted = firstBytes.toSorted((one, other) => one - other);
  return [
    compare(`export of ${count} as JSON`, timings, {
      ours: 'JSON',
      baseline: 'Query loop',
      aim: aims.export,
    }),
    compare(`export of ${count} as CSV`, timings, { ours: 'CSV', baseline: 'Query loop', aim: aims.export }),
    {
      ...{
        name: 'first byte of the whole time',
        unit: 'ratio',
        rounds: firstBytes.length,
        aim: aims.firstByte,
      },
      ours: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    },
    compare(deep, timings, { ours: deep, baseline: 'first page of 500', aim: aims.offset }),
    ...(await batches({ effort, cleanup }, service, { api, tenantId, documents })),
  ];
}

interface World {
  api: Caller;
  tenantId: string;
  documents: DynamoDBDocumentClient;
}

const OPERATIONS = 1_000;

async function batches(
  { effort, cleanup }: Bench,
  service: Service,
  { api, tenantId, documents }: World,
): Promise<Figure[]> {
  process.env.ADMIN_TABLE = service.tables.admin;
  const engine = openEngine({
    name: 'admin',
    kinds: { order_update: adminKind('order_update') },
    store: dynamoStore(documents),
    table: () => service.tables.operations,
    send: async () => undefined,
  });
  let run = 0;
  const operations = (notes: string) =>
    several(OPERATIONS, (id) => ({ data: { id, data: { status: 'pending', notes } } }));
  const direct = async () => {
    const id = `${++run}@bench`;
    await engine.open({
      ...{ id, kind: 'order_update', tenant: tenantId, user: 'bench', operations: operations(`d${run}`) },
    });
    for (let chunk = 0; chunk < OPERATIONS / 25; chunk += 3)
      await engine.work({ version: 1, tenant: tenantId, batch: id, chunk }, 1);
  };
  const overHttp = async () => {
    const body = {
      operation_type: 'order_update',
      operations: operations(`h${++run}`).map(({ data: { id, data } }) => ({ resource_id: id, data })),
    };
    const { text } = await api.call('POST', '/api/v1/admin/async/submit/', body);
    const { poll_url } = JSON.parse(text) as { poll_url: string };
    for (;;) {
      const answer = await api.call('GET', poll_url);
      if ((JSON.parse(answer.text) as { status: string }).status === 'completed') return;
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const done = await interleaved(
    { 'over HTTP': { run: overHttp }, 'the engine alone': { run: direct } },
    effort.roundsFor(2_000),
  );
  const ours = done['over HTTP'];
  const rate = ours.map((time) => OPERATIONS / (time / 1_000)).toSorted((one, other) => one - other);
  return [
    compare(`batch of ${OPERATIONS}`, done, {
      ours: 'over HTTP',
      baseline: 'the engine alone',
      aim: aims.batch,
    }),
    {
      ...{ name: 'operations a second', unit: 'calls/s', rounds: ours.length },
      ours: rate[Math.floor(rate.length / 2)] ?? Number.NaN,
    },
    ...(await withAPast({ effort, cleanup }, service)),
  ];
}

/** Status and list of somebody with many old batches, and of somebody with few. */
async function withAPast({ effort, cleanup }: Bench, service: Service): Promise<Figure[]> {
  const many = effort.quick ? 200 : 2_000;
  const people = await Promise.all([1, 2].map(() => somebody(cleanup, service, { role: 'admin' })));
  const [old, young] = people.map(({ api }) => api);
  if (!old || !young) throw new Error('nobody is there');
  const operations = [{ resource_id: 1, data: { status: 'completed' } }];
  const submitted = async (api: Caller, count: number) => {
    for (let n = 0; n < count; n++)
      await api.call('POST', '/api/v1/admin/async/submit/', { operation_type: 'order_update', operations });
  };
  await Promise.all([submitted(old, many), submitted(young, 20)]);
  const calls = (api: Caller, path: string) => ({
    run: () => api.call('GET', `/api/v1/admin/async/${path}`),
  });
  const [status, list] = [`status with ${many} old batches`, `list with ${many} old batches`];
  const timings = await interleaved(
    {
      [status]: calls(old, 'status/7/'),
      'status with 20': calls(young, 'status/7/'),
      [list]: calls(old, '?limit=20'),
      'list with 20': calls(young, '?limit=20'),
    },
    effort.roundsFor(20),
  );
  return [
    compare(status, timings, { ours: status, baseline: 'status with 20', aim: aims.past }),
    compare(list, timings, { ours: list, baseline: 'list with 20', aim: aims.past }),
  ];
}
