import { expect, inject, test } from 'vitest';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import type { Role } from '../../core/http/caller.ts';
import { endpoints } from '../../functions/index.ts';
import { somebody } from '../people.ts';

const roles = ['user', 'viewer', 'manager', 'admin', 'super_admin'] as const satisfies Role[];

/**
 * What each route answers to an empty call about something that does not exist: without a token, and to a
 * user, a viewer, a manager, an admin and a super_admin. It is written by hand and on purpose not read from
 * the contracts, so that a role let in or shut out by mistake is noticed.
 */
const matrix: Record<string, string> = {
  'POST /api/v1/batch/patients': '401 422 403 422 422 422',
  'PUT /api/v1/batch/patients': '401 422 403 422 422 422',
  'DELETE /api/v1/batch/patients': '401 422 403 422 422 422',
  'POST /api/v1/patients': '401 422 403 422 422 422',
  'PUT /api/v1/patients/{id}': '401 422 403 422 422 422',
  'DELETE /api/v1/patients/{id}': '401 422 403 422 422 422',
  'GET /api/v1/patients': '401 200 200 200 200 200',
  'GET /api/v1/dashboard': '401 200 200 200 200 200',
  'GET /api/v1/patients/{id}': '401 422 422 422 422 422',
  'POST /api/v1/api-keys': '401 403 403 403 422 422',
  'GET /api/v1/api-keys': '401 403 403 403 200 200',
  'DELETE /api/v1/api-keys/{id}': '401 403 403 403 422 422',
  'GET /api/v1/audit-logs': '401 403 403 403 200 200',
  'POST /api/v1/cliniko/sync-all/{orgId}': '401 403 403 404 404 404',
  'POST /api/v1/cliniko/sync/{orgId}': '401 403 403 404 404 404',
  'POST /api/v1/cliniko/sync-cancel/{orgId}': '401 403 403 404 404 404',
  'DELETE /api/v1/webhooks/{id}': '401 403 403 404 404 404',
  'GET /api/v1/cliniko/test-connection/{orgId}': '401 403 404 404 404 404',
  'GET /api/v1/cliniko/sync-logs/{orgId}': '401 403 404 404 404 404',
  'GET /api/v1/cliniko/status/{orgId}': '401 403 404 404 404 404',
  'GET /api/v1/cliniko/active-patients/{orgId}': '401 403 404 404 404 404',
  'GET /api/v1/cliniko/settings/{orgId}': '401 403 404 404 404 404',
  'PUT /api/v1/cliniko/settings/{orgId}': '401 403 403 400 400 400',
  'POST /api/v1/webhooks': '401 403 403 400 400 400',
  'DELETE /api/v1/webhooks': '401 403 403 400 400 400',
  'GET /api/v1/webhooks': '401 403 200 200 200 200',
  'POST /api/batches/batch-update-price': '401 400 403 400 400 400',
  'POST /api/batches/batch-remove': '401 400 403 400 400 400',
  'POST /api/batches/batch-update-metadata': '401 400 403 400 400 400',
  'POST /api/content': '401 400 403 400 400 400',
  'GET /api/batches/{batchId}': '404 404 404 404 404 404',
  'GET /api/content/{contentId}': '404 404 404 404 404 404',
  'GET /api/batches/creator/{creator}': '200 200 200 200 200 200',
  'POST /api/batches/{batchId}/retry': '401 404 403 404 404 404',
  'GET /api/messaging/contacts': '401 200 200 200 200 200',
  'POST /api/messaging/contacts/bulk-edit': '401 400 403 400 400 400',
  'POST /api/messaging/contacts/bulk-delete': '401 400 403 400 400 400',
  'POST /api/messaging/contacts/bulk-import': '401 400 403 400 400 400',
  'POST /api/messaging/contacts/opt-out': '401 400 403 400 400 400',
  'GET /api/messaging/contacts/{contactId}': '401 404 404 404 404 404',
  'GET /api/messaging/templates': '401 200 200 200 200 200',
  'POST /api/messaging/sms/bulk-send': '401 400 403 400 400 400',
  'POST /api/messaging/templates': '401 400 403 400 400 400',
  'POST /api/messaging/sms/bulk-upload': '401 400 403 400 400 400',
  'POST /api/messaging/sms/batches/{id}/cancel': '401 404 403 404 404 404',
  'GET /api/messaging/sms/messages/{messageId}': '401 404 404 404 404 404',
  'GET /api/messaging/sms/batches/{id}': '401 404 404 404 404 404',
  'GET /api/messaging/sms/uploads/{uploadId}': '401 404 404 404 404 404',
  'POST /api/messaging/sms/bulk-upload/url': '401 200 403 200 200 200',
  'GET /api/v1/admin/async': '401 200 200 200 200 200',
  'GET /api/v1/admin/export/orders': '401 403 403 403 200 200',
  'GET /api/v1/admin/export/users': '401 403 403 403 200 200',
  'GET /api/v1/admin/export/services': '401 403 403 403 200 200',
  'POST /api/v1/admin/bulk/orders/update-status': '401 403 403 403 400 400',
  'POST /api/v1/admin/bulk/professionals/approve': '401 403 403 403 400 400',
  'POST /api/v1/admin/bulk/services/update': '401 403 403 403 400 400',
  'POST /api/v1/admin/import/orders': '401 403 403 403 400 400',
  'POST /api/v1/admin/import/users': '401 403 403 403 400 400',
  'POST /api/v1/admin/import/services': '401 403 403 403 400 400',
  'POST /api/v1/admin/async/submit': '401 403 403 403 400 400',
  'GET /api/v1/admin/async/status/{batch_id}': '401 403 403 403 404 404',
  'POST /api/v1/admin/async/cancel/{batch_id}': '401 403 403 403 404 404',
  'GET /health': '200 200 200 200 200 200',
  'GET /ready': '200 200 200 200 200 200',
  'GET /metrics': '200 200 200 200 200 200',
  'GET /openapi.json': '200 200 200 200 200 200',
};

const all = Object.values(endpoints).flatMap((system) => Object.values(system) as Endpoint[]);
const nameOf = ({ method, path }: Endpoint): string => `${method} ${path}`;

test('the table has a line for each route, and no other', () => {
  expect(Object.keys(matrix).toSorted()).toEqual(all.map(nameOf).toSorted());
});

test.each(all)('$method $path: each role gets what it may', async (endpoint) => {
  const path = endpoint.path.replaceAll(/\{\w+\}/g, '12345');
  const call = async (token?: string) => {
    const response = await fetch(inject('url') + path, {
      method: endpoint.method,
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(endpoint.body ? { 'Content-Type': 'application/json' } : {}),
      },
      ...(endpoint.body ? { body: '{}' } : {}),
    });
    await response.body?.cancel();
    return response.status;
  };
  const people = await Promise.all(
    roles.map((role) => somebody({ role, claims: { organization_id: '12345', creator: 'c1' } })),
  );
  const statuses = await Promise.all([call(), ...people.map(({ token }) => call(token))]);
  expect(statuses.join(' ')).toBe(matrix[nameOf(endpoint)]);
});
