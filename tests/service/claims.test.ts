import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { dynamo } from '../../core/dynamo/dynamo.ts';
import { tableName } from '../../core/dynamo/tables.ts';
import { answerKeyOf } from '../../core/http/answer-seal.ts';
import { answerUpdateOf, type Claim, claimKey, dropClaim } from '../../core/http/idempotency.ts';
import { actAsLambda } from './as-lambda.ts';

// Races between requests with one key are played at their exact moments, on the tables of the running service.
beforeAll(() => actAsLambda('guards'));

const newKey = () => ({
  ...{ pk: `ANSWER#test-${randomUUID()}`, fingerprint: 'same-body' },
  answerKey: answerKeyOf('the client’s key', ['acme']),
});
const answer = { status: 202, headers: { Location: '/batches/1' }, body: '{"batch":1}' };
const leaseMs = 30_000;

async function claimed(key: ReturnType<typeof newKey>, now: number): Promise<Claim> {
  const claim = await claimKey(key, now);
  if ('status' in claim) throw new Error('the key has an answer');
  return claim;
}

test('an answer that committed with the work is not dropped by a 503 after it, so a retry does no work', async () => {
  const key = newKey();
  const claim = await claimed(key, 0);
  await dynamo().update(await answerUpdateOf(claim, answer, 0));
  await dropClaim(claim);
  expect(await claimKey(key, 1)).toEqual(answer);
});

test('a claim without an answer is dropped, and a retry is executed', async () => {
  const key = newKey();
  await dropClaim(await claimed(key, 0));
  expect(await claimed(key, 1)).toMatchObject({ pk: key.pk });
});

test('of many requests that find a dead one, one takes its claim over', async () => {
  const key = newKey();
  await claimed(key, 0);
  const late = await Promise.allSettled(Array.from({ length: 8 }, () => claimed(key, leaseMs + 1)));
  expect(late.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a holder that was given up and answers at last is not overtaken', async () => {
  const key = newKey();
  const slow = await claimed(key, 0);
  const put = dynamo().put;
  let overtaking = false;
  // The slow holder's answer arrives between the look at its claim and the attempt to take it over.
  dynamo().put = async (given) => {
    if (overtaking && given.ConditionExpression?.startsWith('holder'))
      await dynamo().update(await answerUpdateOf(slow, answer, 0));
    return put(given);
  };
  overtaking = true;
  await expect(claimed(key, leaseMs + 1)).rejects.toMatchObject({ name: 'InFlight' });
  dynamo().put = put;
  expect(await claimKey(key, leaseMs + 2)).toEqual(answer);
});

test('a claim that was dropped in the moment of the take-over is nobody’s', async () => {
  const key = newKey();
  const dead = await claimed(key, 0);
  const put = dynamo().put;
  dynamo().put = async (given) => {
    if (given.ConditionExpression?.startsWith('holder')) await dropClaim(dead);
    return put(given);
  };
  await expect(claimed(key, leaseMs + 1)).rejects.toMatchObject({ name: 'InFlight' });
  dynamo().put = put;
  expect(await claimed(key, leaseMs + 2)).toMatchObject({ pk: key.pk });
});

test('what is kept cannot be read by anyone without the key’s text, and is replayed to those who have it', async () => {
  const key = newKey();
  await dynamo().update(await answerUpdateOf(await claimed(key, 0), answer, 0));
  const item = await dynamo().get(tableName('guards'), { pk: key.pk });
  expect(
    JSON.stringify({ ...item, answer: Buffer.from(item?.answer as Uint8Array).toString('latin1') }),
  ).not.toMatch(/batch"|same key|client/);
  await expect(claimKey({ ...key, answerKey: answerKeyOf('a guess', ['acme']) }, 1)).rejects.toThrow();
  expect(await claimKey(key, 1)).toEqual(answer);
});

test('an answer that was kept before answers were sealed is replayed', async () => {
  const key = newKey();
  await claimed(key, 0);
  await dynamo().update({
    TableName: tableName('guards'),
    Key: { pk: key.pk },
    UpdateExpression: 'SET answer = :answer, parts = :parts, #status = :status, headers = :headers',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ...{ ':answer': gzipSync(answer.body), ':parts': 0 },
      ...{ ':status': answer.status, ':headers': answer.headers },
    },
  });
  expect(await claimKey(key, 1)).toEqual(answer);
});

test('a large answer is whole also if a crash cut off its being kept a second time', async () => {
  const key = newKey();
  const claim = await claimed(key, 0);
  const large = { ...answer, body: JSON.stringify(randomBytes(900_000).toString('base64')) };
  await dynamo().update(await answerUpdateOf(claim, large, 0));
  // The parts are written here, and the item that counts them would be next.
  await answerUpdateOf(claim, large, 0);
  expect(await claimKey(key, 1)).toEqual(large);
});
