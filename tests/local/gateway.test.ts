import { request } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { raw } from '../service/raw.ts';
import { startFixture } from './fixture/run.ts';

let running: Running;
beforeAll(async () => {
  running = await startFixture();
});

interface Echo {
  readonly event: Record<string, unknown>;
}
const echo = async (path: string, init?: RequestInit): Promise<Echo['event']> => {
  const response = await fetch(running.url + path, init);
  return ((await response.json()) as Echo).event;
};
/** Makes the echo function answer exactly this. */
const answering = (answer: unknown): Promise<Response> =>
  fetch(`${running.url}/echo`, { method: 'POST', body: JSON.stringify({ answer }) });

describe('what a function gets', () => {
  test('both forms of a path reach one resource, and the event keeps the path as it was sent', async () => {
    const [without, with_] = [await echo('/echo'), await echo('/echo/')];
    expect([without.resource, without.path]).toEqual(['/echo', '/echo']);
    expect([with_.resource, with_.path]).toEqual(['/echo', '/echo/']);
    expect((without.requestContext as { path: string }).path).toBe('/echo');
  });

  test('at API Gateway’s own address the stage is the first part of a path, at a domain it is not', async () => {
    const [api] = running.stack.resources('AWS::ApiGateway::RestApi');
    const id = String(running.stack.valueOf(api?.logicalId ?? ''));
    const host = `${id}.execute-api.us-east-1.amazonaws.com`;
    const at = async (path: string, name: string) => {
      const { text, status } = await raw(running.url + path, { headers: [['Host', name]] });
      return status === 200 ? (JSON.parse(text) as Echo).event : { status, text };
    };
    expect(await at('/v1/echo', host)).toMatchObject({
      path: '/echo',
      resource: '/echo',
      requestContext: { path: '/v1/echo', domainName: host, domainPrefix: id, apiId: id, stage: 'v1' },
    });
    expect(await at('/echo', 'api.example.com')).toMatchObject({
      path: '/echo',
      requestContext: { path: '/echo', domainName: 'api.example.com', domainPrefix: 'api', apiId: id },
    });
    for (const path of ['/echo', '/v10/echo', '/'])
      expect(await at(path, host)).toEqual({ status: 403, text: '{"message":"Forbidden"}' });
  });

  test('the variables of the stage come with each call', async () => {
    expect((await echo('/echo')).stageVariables).toEqual({ colour: 'blue' });
  });

  test('a path variable is handed over, and a literal segment wins over a variable', async () => {
    expect((await echo('/echo/42')).pathParameters).toEqual({ id: '42' });
    // Undecoded, as a REST API leaves it.
    expect((await echo('/echo/a%20b%2Fc')).pathParameters).toEqual({ id: 'a%20b%2Fc' });
    expect((await echo('/echo/42/fixed')).resource).toBe('/echo/{id}/fixed');
    const literal = (await (await fetch(`${running.url}/echo/literal`)).json()) as { greeting: string };
    expect(literal.greeting).toBe('goodbye');
  });

  test('{proxy+} takes the rest of a path', async () => {
    const event = await echo('/rest/a/b/c', { method: 'PATCH' });
    expect(event).toMatchObject({
      resource: '/rest/{proxy+}',
      httpMethod: 'PATCH',
      pathParameters: { proxy: 'a/b/c' },
    });
  });

  test('a query has its last value and all of its values, decoded; none at all is null', async () => {
    expect(await echo('/echo?a=1&a=%C3%A9+x&empty=')).toMatchObject({
      queryStringParameters: { a: 'é x', empty: '' },
      multiValueQueryStringParameters: { a: ['1', 'é x'], empty: [''] },
    });
    expect(await echo('/echo')).toMatchObject({ queryStringParameters: null, pathParameters: null });
  });

  test('headers keep their spelling and every value', async () => {
    const event = await new Promise<Echo['event']>((resolve) => {
      const outgoing = request(
        `${running.url}/echo`,
        { headers: { 'X-MiXed': 'a', 'X-Twice': ['1', '2'] } },
        (incoming) => {
          let text = '';
          incoming.on('data', (chunk) => {
            text += chunk;
          });
          incoming.on('end', () => resolve((JSON.parse(text) as Echo).event));
        },
      );
      outgoing.end();
    });
    expect(event).toMatchObject({
      headers: { 'X-MiXed': 'a', 'X-Twice': '2' },
      multiValueHeaders: { 'X-Twice': ['1', '2'] },
    });
  });

  test('no body is null, text stays text, and bytes of a binary media type arrive in base64', async () => {
    expect(await echo('/echo', { method: 'POST' })).toMatchObject({ body: null, isBase64Encoded: false });
    expect(await echo('/echo', { method: 'POST', body: 'täxt' })).toMatchObject({
      body: 'täxt',
      isBase64Encoded: false,
    });
    const bytes = Buffer.from([0, 255, 254, 10]);
    const event = await echo('/echo', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'image/png' },
    });
    expect(event).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
  });

  test('a packed body arrives unpacked, and what is not packed as it says does not arrive', async () => {
    const packed = (body: Uint8Array<ArrayBuffer>, coding: string) =>
      fetch(`${running.url}/echo`, { method: 'POST', body, headers: { 'Content-Encoding': coding } });
    const text = JSON.stringify({ text: 'täxt' });
    for (const [body, coding] of [
      [gzipSync(text), 'gzip'],
      [deflateSync(text), 'deflate'],
      [Buffer.from(text), 'identity'],
    ] as const) {
      const { event } = (await (await packed(new Uint8Array(body), coding)).json()) as Echo;
      expect(event).toMatchObject({ body: text, isBase64Encoded: false });
    }
    for (const coding of ['gzip', 'deflate', 'br']) {
      const refused = await packed(new TextEncoder().encode(text), coding);
      expect([refused.status, await refused.json()]).toEqual([415, { message: 'Unsupported Media Type' }]);
    }
    const bomb = gzipSync(Buffer.alloc(10 * 1_048_576 + 1));
    expect((await packed(new Uint8Array(bomb), 'gzip')).status).toBe(413);
  });

  test('a request tells its id, its method and where it came from', async () => {
    const event = await echo('/echo', { method: 'DELETE' });
    expect(event.requestContext).toMatchObject({
      httpMethod: 'DELETE',
      resourcePath: '/echo',
      stage: 'v1',
      identity: { sourceIp: '127.0.0.1' },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });
});

describe('what a client gets', () => {
  test('status, headers, several values of one header, and bytes from base64', async () => {
    const response = await answering({
      statusCode: 202,
      headers: { 'Content-Type': 'image/png', 'X-One': 1 },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
      body: Buffer.from([1, 2, 255]).toString('base64'),
      isBase64Encoded: true,
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('x-one')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([1, 2, 255]));
  });

  test('an answer without a content type is JSON, one without a body is empty', async () => {
    const response = await answering({ statusCode: 204 });
    expect(response.status).toBe(204);
    expect((await answering({ statusCode: 200, body: '{}' })).headers.get('content-type')).toBe(
      'application/json',
    );
  });

  test.each([
    ['text', 'hello'],
    ['a list', []],
    ['nothing', null],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['a status that is no number', { statusCode: 'fine', body: '' }],
    ['a header that HTTP cannot carry', { statusCode: 200, headers: { 'x-a': 'a\r\nb: c' }, body: '' }],
  ])('502 when a function answers %s', async (_, answer) => {
    const response = await answering(answer);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ message: 'Internal server error' });
  });

  test('504 when the function takes longer than the integration may', async () => {
    const response = await fetch(`${running.url}/slow`, {
      method: 'POST',
      body: JSON.stringify({ sleep: 2_000 }),
    });
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ message: 'Endpoint request timed out' });
  });

  test('an unknown path or method is answered as the gateway response is configured', async () => {
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['DELETE', '/only-get'],
      ['GET', '/'],
    ] as const) {
      const response = await fetch(running.url + path, { method });
      expect(response.status).toBe(404);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(await response.json()).toEqual({
        detail: 'Missing Authentication Token',
        id: expect.any(String),
      });
    }
  });
});

describe('limits', () => {
  test('a body above 10 MB is 413, and so is one that makes the event larger than 6 MB', async () => {
    for (const bytes of [10 * 1_048_576 + 1, 6_291_456]) {
      const response = await fetch(`${running.url}/echo`, { method: 'POST', body: 'x'.repeat(bytes) });
      expect(response.status).toBe(413);
      expect(await response.json()).toEqual({ message: 'Request Too Long' });
    }
    expect(
      (await fetch(`${running.url}/echo`, { method: 'POST', body: `"${'x'.repeat(1_000_000)}"` })).status,
    ).toBe(200);
  });

  test('headers above 10,240 bytes are refused by the gateway', async () => {
    const response = await fetch(`${running.url}/echo`, { headers: { 'x-large': 'x'.repeat(10_240) } });
    expect(response.status).toBe(431);
  });
});
