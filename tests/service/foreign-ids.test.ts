import { randomInt, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { order, stored } from '../admin/records.ts';
import { clinic } from '../cliniko/fixtures.ts';
import { newPhones, newSender } from '../messaging/sms.ts';
import { type Person, somebody } from '../people.ts';

/** A request that names one thing. */
type Way = (id: string) => [method: string, path: string, body?: unknown];

interface Kind {
  /** Makes one in the owner's tenant, and returns its id. */
  make(owner: Person): Promise<string>;
  /** An id of the same form that does not exist. */
  unknown(): string;
  ways: Record<string, Way>;
}

const number = () => String(randomInt(1e9, 2e9));

async function made<T>(owner: Person, path: string, body: unknown): Promise<T> {
  const response = await owner.fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as T;
}

const sms = async (owner: Person) =>
  await made<{ batch_id: string; results: { message_id: string }[] }>(owner, '/api/messaging/sms/bulk-send', {
    contacts: newPhones(1).map((phone) => ({ phone })),
    message: 'Hello',
    sender_id: newSender(),
  });

const kinds: Record<string, Kind> = {
  'a contact': {
    make: async (owner) => {
      const [phone] = newPhones(1);
      await made(owner, '/api/messaging/contacts/bulk-import', {
        import_type: 'phone_contacts',
        contacts: [{ full_name: 'Somebody', phone }],
      });
      const { contacts } = (await (await owner.fetch('/api/messaging/contacts')).json()) as {
        contacts: { id: string }[];
      };
      return contacts[0]?.id ?? '';
    },
    unknown: randomUUID,
    ways: {
      reading: (id) => ['GET', `/api/messaging/contacts/${id}`],
      editing: (id) => [
        'POST',
        '/api/messaging/contacts/bulk-edit',
        { contact_ids: [id], updates: { name: 'Mine' } },
      ],
      deleting: (id) => ['POST', '/api/messaging/contacts/bulk-delete', { contact_ids: [id] }],
      'opting out': (id) => ['POST', '/api/messaging/contacts/opt-out', { contact_ids: [id] }],
    },
  },
  'a template': {
    make: async (owner) =>
      (await made<{ id: string }>(owner, '/api/messaging/templates', { name: 'hi', body: 'Hi' })).id,
    unknown: randomUUID,
    ways: {
      sending: (id) => [
        'POST',
        '/api/messaging/sms/bulk-send',
        { contacts: [{ phone: newPhones(1)[0] }], sender_id: 'ME', template_id: id },
      ],
    },
  },
  'a text message': {
    make: async (owner) => (await sms(owner)).results[0]?.message_id ?? '',
    unknown: randomUUID,
    ways: { reading: (id) => ['GET', `/api/messaging/sms/messages/${id}`] },
  },
  'a batch of text messages': {
    make: async (owner) => (await sms(owner)).batch_id,
    unknown: randomUUID,
    ways: {
      reading: (id) => ['GET', `/api/messaging/sms/batches/${id}`],
      canceling: (id) => ['POST', `/api/messaging/sms/batches/${id}/cancel`, {}],
    },
  },
  'an upload': {
    make: async (owner) =>
      (await made<{ upload_id: string }>(owner, '/api/messaging/sms/bulk-upload/url', {})).upload_id,
    unknown: randomUUID,
    ways: {
      reading: (id) => ['GET', `/api/messaging/sms/uploads/${id}`],
      sending: (id) => ['POST', '/api/messaging/sms/bulk-upload', { upload_id: id, sender_id: 'ME' }],
    },
  },
  'an organisation': {
    make: async ({ tenantId }) => (await clinic({}, { tenantId }, number())).orgId,
    unknown: number,
    ways: {
      status: (id) => ['GET', `/api/v1/cliniko/status/${id}`],
      logs: (id) => ['GET', `/api/v1/cliniko/sync-logs/${id}`],
      patients: (id) => ['GET', `/api/v1/cliniko/active-patients/${id}`],
      settings: (id) => ['GET', `/api/v1/cliniko/settings/${id}`],
      connection: (id) => ['GET', `/api/v1/cliniko/test-connection/${id}`],
      syncing: (id) => ['POST', `/api/v1/cliniko/sync-all/${id}`],
      canceling: (id) => ['POST', `/api/v1/cliniko/sync-cancel/${id}`],
    },
  },
  'a webhook': {
    make: async (owner) =>
      (
        await made<{ id: string }>(owner, '/api/v1/webhooks', {
          url: `https://${randomUUID()}.example.com/hook`,
          events: ['sync.failed'],
        })
      ).id,
    unknown: randomUUID,
    ways: {
      deleting: (id) => ['DELETE', `/api/v1/webhooks/${id}`],
      'deleting by body': (id) => ['DELETE', '/api/v1/webhooks', { id }],
    },
  },
  'an API key': {
    make: async (owner) =>
      (await made<{ id: string }>(owner, '/api/v1/api-keys', { name: 'Robot', role: 'user' })).id,
    unknown: randomUUID,
    ways: { revoking: (id) => ['DELETE', `/api/v1/api-keys/${id}`] },
  },
  'an order': {
    make: async (owner) => {
      const id = randomInt(1e6, 1e7);
      await stored(owner, 'orders', [order(id)]);
      return String(id);
    },
    unknown: number,
    ways: {
      changing: (id) => [
        'POST',
        '/api/v1/admin/bulk/orders/update-status',
        { order_ids: [Number(id)], status: 'confirmed' },
      ],
    },
  },
  'an admin batch': {
    make: async (owner) =>
      String(
        (
          await made<{ batch_id: number }>(owner, '/api/v1/admin/async/submit', {
            operation_type: 'order_update',
            operations: [{ resource_id: 1, data: { status: 'confirmed' } }],
          })
        ).batch_id,
      ),
    unknown: number,
    ways: {
      reading: (id) => ['GET', `/api/v1/admin/async/status/${id}`],
      canceling: (id) => ['POST', `/api/v1/admin/async/cancel/${id}`],
    },
  },
};

async function answerTo(person: Person, [method, path, body]: ReturnType<Way>, id: string) {
  const response = await person.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    text: (await response.text()).replaceAll(new RegExp(`\\b${id}\\b`, 'g'), 'ID'),
  };
}

test.each(
  Object.entries(kinds).flatMap(([kind, { ways }]) => Object.keys(ways).map((way) => [kind, way] as const)),
)('%s of another tenant is the same as none: %s', async (name, way) => {
  const [owner, stranger] = await Promise.all([somebody({ role: 'admin' }), somebody({ role: 'admin' })]);
  const { make, unknown, ways } = kinds[name] as Kind;
  const [foreign, unused] = [await make(owner), unknown()];
  expect(foreign).not.toBe('');
  const request = ways[way] as Way;
  const answer = await answerTo(stranger, request(foreign), foreign);
  expect(answer).toEqual(await answerTo(stranger, request(unused), unused));
  expect(answer.text).toMatch(/not found|NOT_FOUND|not_found/i);
});
