import { expect, inject, test } from 'vitest';
import { newPatients } from '../patients/fixtures.ts';
import { ownService } from '../service/own.ts';

test('tells that the service answers, to anyone', async () => {
  const response = await fetch(`${inject('url')}/health`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ status: 'ok' });
});

test('is ready when everything that it depends on answers', async () => {
  const response = await fetch(`${inject('url')}/ready`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    status: 'ready',
    checks: { patients: 'ok', messaging: 'ok', audit: 'ok', guards: 'ok', tokens: 'ok' },
  });
});

test('an invalid token is refused even where none is needed', async () => {
  for (const path of ['/health', '/ready', '/metrics', '/openapi.json']) {
    const response = await fetch(inject('url') + path, { headers: { Authorization: 'Bearer x.y.z' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ detail: 'Not authenticated' });
  }
});

test('without its tables the service is healthy, says which of them it waits for, and other routes ask to come again', async () => {
  const { running, person } = await ownService();
  const { api } = await person();
  expect((await api.patients.create({ body: newPatients(1) })).status).toBe(201);
  running.killEngine();
  const ready = await fetch(`${running.url}/ready`);
  expect(ready.status).toBe(503);
  expect(Number(ready.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await ready.json()).toEqual({
    status: 'unavailable',
    checks: {
      patients: 'unavailable',
      messaging: 'unavailable',
      audit: 'unavailable',
      guards: 'unavailable',
      tokens: 'ok',
    },
  });
  expect((await fetch(`${running.url}/health`)).status).toBe(200);
  const refused = await api.patients.create({ body: newPatients(1) });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('x-request-id')).toBeTruthy();
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.body).toEqual({ detail: 'The request could not be finished in time' });
}, 60_000);
