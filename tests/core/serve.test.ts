import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { codedSpelling } from '../../core/http/coded-problem.ts';
import { parseMultipart } from '../../core/http/multipart.ts';
import { serve } from '../../core/http/serve.ts';

const contract = {
  method: 'POST',
  path: '/things',
  summary: 'A contract of these tests',
  roles: 'anyone',
  errors: codedSpelling,
  reply: z.object({ written: z.boolean() }),
} as const satisfies Endpoint;

const formContract = { ...contract, form: z.object({ name: z.string() }) } as const satisfies Endpoint;

const transaction = { ledger: 'patients', tenant: 'acme', txId: 't1' };
const reply = { written: true };

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<{ statusCode: number }>;

async function statusOf(handler: Handler, call: Partial<APIGatewayProxyEvent> = {}): Promise<number> {
  const event: Partial<APIGatewayProxyEvent> = { httpMethod: 'POST', path: '/things', body: null, ...call };
  const context: Partial<Context> = { getRemainingTimeInMillis: () => 20_000 };
  return (await handler(event as APIGatewayProxyEvent, context as Context)).statusCode;
}

/** A handler that prepares its answer for a transaction of the ledger, and then writes. */
function writing(options: Parameters<typeof serve<typeof contract>>[2]) {
  const written: string[] = [];
  const handler = serve(
    contract,
    async ({ answer }) => {
      await answer(transaction, reply);
      written.push(transaction.txId);
      return reply;
    },
    options,
  );
  return { handler, written };
}

test('a handler that keeps its answer with a ledger transaction writes nothing unless it can look up outcomes', async () => {
  const { handler, written } = writing(undefined);
  expect(await statusOf(handler)).toBe(500);
  expect(written).toEqual([]);
});

test('with the outcome handed in, it writes', async () => {
  const { handler, written } = writing({ outcomeOf: async () => 'committed' });
  expect(await statusOf(handler)).toBe(200);
  expect(written).toEqual(['t1']);
});

test('a contract with a form is read by the reader that its handler brings', async () => {
  const names: string[] = [];
  const handler = serve(
    formContract,
    ({ body }) => {
      names.push(body.name);
      return reply;
    },
    { readForm: parseMultipart },
  );
  const status = await statusOf(handler, {
    multiValueHeaders: { 'Content-Type': ['multipart/form-data; boundary=XX'] },
    body: '--XX\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnn\r\n--XX--\r\n',
  });
  expect({ status, names }).toEqual({ status: 200, names: ['Ann'] });
});

test('a contract with a form does not compile without its reader', () => {
  // @ts-expect-error the options are missing
  serve(formContract, () => reply);
  // @ts-expect-error the reader is missing
  serve(formContract, () => reply, {});
});
