import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../../../core/dynamo/client.ts';
import { takeCall } from '../../../core/http/rate-limit.ts';
import { startEngine } from '../../core/ledger/engine.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { interleaved } from '../rounds.ts';

export const title = 'Rate limiter';
export const about =
  'Fifty calls to a limit of fifty in a minute, and fifty more; “at once” begins all of them together, as a container never does but many do. Requests are counted where the client sends them.';

const CALLS = 50;
const limit = { calls: CALLS, seconds: 60, per: 'user' } as const;

/** One write lets a call in; those that meet may need a second one. Refusing must cost nothing, or a flood would cost us. */
const aims = { admitted: 1, storm: 2, refused: 0, admittedTime: 1.5, refusedTime: 0.1 };

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const engine = await startEngine({ strict: false });
  cleanup.later(() => engine.kill());
  const table = 'guards-by-pk';
  // What a Lambda has in its environment; the limiter's client is the container's own, made from it on first use.
  Object.assign(process.env, {
    GUARDS_TABLE: table,
    AWS_ENDPOINT_URL: engine.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  await engine.documents().send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  let sent = 0;
  documentClient().middlewareStack.add(
    (next) => (args) => {
      sent++;
      return next(args);
    },
    // After the retries, so that each sending counts.
    { step: 'finalizeRequest', priority: 'low', name: 'countSendings' },
  );

  let key = '';
  const fresh = async () => {
    key = randomUUID();
  };
  const oneAfterTheOther = async (admitted: boolean) => {
    for (let call = 0; call < CALLS; call++) {
      const allowance = await takeCall(key, limit, Date.now());
      if (allowance.admitted !== admitted) throw new Error('The limiter counts wrong');
    }
  };
  /** Sendings of each round, by what was done. */
  const writes: Record<'admitted' | 'refused' | 'storm', number[]> = { admitted: [], refused: [], storm: [] };
  const counted = async (what: keyof typeof writes, work: () => Promise<unknown>) => {
    const before = sent;
    await work();
    writes[what].push((sent - before) / CALLS);
  };
  const raw = async () => {
    for (let call = 0; call < CALLS; call++)
      await documentClient().send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `RAW#${key}` },
          UpdateExpression: 'ADD calls :one',
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
  };
  const admittedCalls = 'admitted calls';
  const timings = await interleaved(
    {
      [admittedCalls]: { prepare: fresh, run: () => counted('admitted', () => oneAfterTheOther(true)) },
      UpdateItem: { prepare: fresh, run: raw },
      'refused calls': {
        prepare: async () => {
          await fresh();
          await oneAfterTheOther(true);
        },
        run: () => counted('refused', () => oneAfterTheOther(false)),
      },
      'calls at once': {
        prepare: fresh,
        run: () =>
          counted('storm', () =>
            Promise.all(Array.from({ length: CALLS }, () => takeCall(key, limit, Date.now()))),
          ),
      },
    },
    effort.roundsFor(CALLS),
  );

  const per = { ours: CALLS, baseline: CALLS };
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const { rounds } = effort.roundsFor(CALLS);
  const count = (name: string, what: keyof typeof writes, aim: number): Figure => ({
    name,
    unit: 'writes/call',
    ours: mean(writes[what].slice(-rounds)),
    aim,
    rounds,
  });
  return [
    count('writes of an admitted call', 'admitted', aims.admitted),
    count('writes of an admitted call, 50 at once', 'storm', aims.storm),
    count('writes of a refused call', 'refused', aims.refused),
    compare('an admitted call', timings, {
      ours: admittedCalls,
      baseline: 'UpdateItem',
      aim: aims.admittedTime,
      per,
    }),
    compare('an admitted call, 50 at once', timings, { ours: 'calls at once', baseline: 'UpdateItem', per }),
    compare('a refused call', timings, {
      ours: 'refused calls',
      baseline: 'UpdateItem',
      aim: aims.refusedTime,
      per,
    }),
  ];
}
