import * as z from 'zod';
import { byName } from '../../core/by-name.ts';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { queues, tables } from '../../core/contract/resources.ts';
import { fastApi } from '../../core/fastapi/fast-api.ts';
import { readiness } from './errors.ts';

const open = { method: 'GET', roles: 'anyone', errors: fastApi, ignoresQuery: true } as const;

const part = z.enum(['ok', 'unavailable']);

/** Endpoints for operators: liveness, readiness, metrics and the OpenAPI document. */
export const ops = {
  health: {
    ...open,
    path: '/health',
    summary: 'Liveness check',
    reply: z.object({ status: z.literal('ok') }),
  },
  ready: {
    ...open,
    path: '/ready',
    summary: 'Readiness check: read from every table, every queue, and the keys that tokens are signed with',
    description:
      'Answers 503 with a body of the same shape while one of them does not answer within two seconds. Secrets, the ' +
      'key that seals them, workflows, the bucket for uploads and the chain are not looked at: only few calls need them.',
    uses: { ...byName(tables, () => 'read' as const), ...byName(queues, () => 'inspect' as const) },
    errors: readiness,
    reply: z.object({ status: z.literal('ready'), checks: z.record(z.string(), part) }),
  },
  metrics: {
    ...open,
    path: '/metrics',
    summary: 'Count all operations that were ever committed, in Prometheus’ text format',
    description:
      'An admin reads the series of their own tenant, a super_admin all. A stage may open the endpoint to everyone, as ' +
      'the local run does.',
    uses: { patients: 'read', messaging: 'read' },
    reply: z.string(),
    replyType: 'text/plain; version=0.0.4; charset=utf-8',
  },
  openapi: {
    ...open,
    path: '/openapi.json',
    summary: 'Describe every endpoint as OpenAPI 3.1',
    reply: z.record(z.string(), z.unknown()),
  },
} satisfies Record<string, Endpoint>;
