import { describe, expect, inject, test } from 'vitest';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { Problem } from '../../core/http/problem.ts';
import { endpoints } from '../../functions/index.ts';
import { somebody } from '../people.ts';
import { raw } from '../service/raw.ts';

describe('a path that does not exist is answered with 404, with a token and without', () => {
  test.each([
    '/',
    '//',
    '/api',
    '/api/v1',
    '/api/v1/batch',
    '/api/v1/batch/nobody',
    '/API/v1/patients',
    '/api/v1/patients/a/b',
    '/api/v1/patients//',
    '/favicon.ico',
    '/%00',
    '/%E0%A4%A',
    '/..%2f..%2fetc%2fpasswd',
    '/api/v1/patients;x=1',
    `/${'x'.repeat(4_000)}`,
  ])('%s', async (path) => {
    const { token } = await somebody();
    for (const headers of [[], [['Authorization', `Bearer ${token}`] as [string, string]]]) {
      const answer = await raw(inject('url') + path, { headers });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toEqual({ detail: 'Not Found' });
      expect(answer.headers['x-request-id']).toBeTruthy();
    }
  });
});

const methodsOf = (path: string) =>
  Object.values(endpoints)
    .flatMap((system) => Object.values(system))
    .filter((endpoint) => endpoint.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method as string]));
const paths = [
  ...new Set(Object.values(endpoints).flatMap((system) => Object.values(system).map(({ path }) => path))),
];

/** What the system that a path belongs to says of a method that the path does not have. */
function refusalOf(path: string): unknown {
  const every: Endpoint[] = Object.values(endpoints).flatMap((system) => Object.values<Endpoint>(system));
  const endpoint = every.find((one) => one.path === path);
  return endpoint?.errors(new Problem('method_not_allowed', 'Method Not Allowed')).body;
}

describe('a method that a path does not have is answered with 405 and those that it has, in the words of its system', () => {
  test.each(paths)('%s', async (path) => {
    const allowed = methodsOf(path);
    const wrong = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'].filter(
      (method) => !allowed.includes(method),
    );
    const concrete = path.replace(/\{\w+\}/, crypto.randomUUID());
    for (const method of wrong)
      for (const slash of ['', '/']) {
        const answer = await raw(inject('url') + concrete + slash, { method });
        expect(answer.status).toBe(405);
        expect(String(answer.headers.allow).split(', ').sort()).toEqual(allowed.toSorted());
        if (method !== 'HEAD') expect(JSON.parse(answer.text)).toEqual(refusalOf(path));
      }
  });
});

test('a page of any origin may ask locally which methods a path has', async () => {
  const answer = await raw(`${inject('url')}/api/v1/batch/patients`, {
    method: 'OPTIONS',
    headers: [
      ['Origin', 'https://app.example.com'],
      ['Access-Control-Request-Method', 'PUT'],
      ['Access-Control-Request-Headers', 'authorization,content-type,idempotency-key'],
    ],
  });
  expect(answer.status).toBe(204);
  expect(answer.text).toBe('');
  expect(answer.headers['access-control-allow-origin']).toBe('https://app.example.com');
  expect(answer.headers['access-control-allow-methods']).toBe('POST, PUT, DELETE');
  const allowed = String(answer.headers['access-control-allow-headers']).toLowerCase();
  for (const name of ['authorization', 'content-type', 'idempotency-key', 'x-request-id'])
    expect(allowed).toContain(name);
  expect(String(answer.headers.vary)).toContain('Origin');
});

test('an unknown path has no methods to ask for', async () => {
  const answer = await raw(`${inject('url')}/nowhere`, {
    method: 'OPTIONS',
    headers: [['Origin', 'https://app.example.com']],
  });
  expect(answer.status).toBe(404);
});
