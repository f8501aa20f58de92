import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { fastApi } from '../patients/errors.ts';
import { readiness } from './errors.ts';

const open = { method: 'GET', roles: 'anyone', errors: fastApi } as const;

const part = z.enum(['ok', 'unavailable']);

/** What runs the service rather than being served: health, metrics, the document that describes it all. */
export const ops = {
  health: {
    ...open,
    path: '/health',
    summary: 'Tell that the service answers',
    reply: z.object({ status: z.literal('ok') }),
  },
  ready: {
    ...open,
    path: '/ready',
    summary: 'Tell whether everything that the service depends on answers',
    description: '503 with the same body while one of them does not.',
    uses: { patients: 'read', messaging: 'read', audit: 'read', guards: 'read' },
    errors: readiness,
    reply: z.object({ status: z.literal('ready'), checks: z.record(z.string(), part) }),
  },
  metrics: {
    ...open,
    path: '/metrics',
    summary: 'Count operations since the beginning, in Prometheus’ text format',
    description:
      'An admin reads the own tenant’s series and a super_admin all. Stages may open it to everyone, as the local run does.',
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
