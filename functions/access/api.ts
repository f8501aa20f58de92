import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { fastApi } from '../../core/fastapi/fast-api.ts';
import { changeable, readName, readUuid, required } from '../../core/fastapi/pydantic.ts';
import { ApiKeyReply, CreatedApiKey, NewApiKey } from './key-shape.ts';

const shared = {
  errors: fastApi,
  path: '/api/v1/api-keys',
  roles: ['admin', 'super_admin'],
  usersOnly: true,
} as const;

const query = z.object({
  tenant_id: changeable(readName, {
    type: 'string',
    description: 'Another tenant than the caller’s own, which only a super_admin may name.',
  }),
});

/** API keys, with which machines call every endpoint that their role may. */
export const access = {
  createKey: {
    ...shared,
    method: 'POST',
    uses: { apiKeys: 'write', audit: 'put' },
    summary: 'Create an API key for a machine',
    description:
      'The answer is the only one that contains the key, a text that begins with `bh_` and is sent as ' +
      '`Authorization: Bearer bh_…` in place of a token. It works for 90 days unless `expires_at` says ' +
      'otherwise, 366 days at most. Its role may not be above the caller’s (403), its `creator` only the ' +
      'caller’s own. A tenant has at most 100 keys (409). Rate limits and the audit log name the key as ' +
      '`api-key:<id>`. An `Idempotency-Key` opens the kept answer for 24 hours: send a random one, or none.',
    body: NewApiKey,
    status: 201,
    reply: CreatedApiKey,
  },
  listKeys: {
    ...shared,
    method: 'GET',
    uses: { apiKeys: 'read' },
    summary: 'List the API keys that have not expired, without their texts',
    query,
    reply: z.object({ api_keys: z.array(ApiKeyReply) }),
  },
  removeKey: {
    ...shared,
    path: '/api/v1/api-keys/{id}',
    method: 'DELETE',
    uses: { apiKeys: 'write', audit: 'put' },
    summary: 'Revoke an API key',
    description: 'The key stops working everywhere within 60 seconds. A key above the caller’s role is 403.',
    params: z.object({ id: required(readUuid, { type: 'string', format: 'uuid' }) }),
    query,
    status: 204,
    reply: z.undefined(),
  },
} satisfies Record<string, Endpoint>;
