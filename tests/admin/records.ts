import type { Order } from '../../functions/admin/records/order.ts';
import type { Service } from '../../functions/admin/records/service.ts';
import type { User } from '../../functions/admin/records/user.ts';
import { type Person, somebody, type Traits } from '../people.ts';

/** An administrator, of a tenant of their own unless told. */
export const administrator = (traits: Traits = {}): Promise<Person> => somebody({ role: 'admin', ...traits });

/** Another administrator of the same tenant: hourly limits count each by themselves. */
export const colleague = ({ tenantId }: Person): Promise<Person> => administrator({ tenantId });

/** An instant that is so many minutes into 2025, as this API has its times. */
export const minute = (n: number): string =>
  `${new Date(Date.UTC(2025, 0, 1, 0, n)).toISOString().slice(0, 19)}Z`;

export const order = (id: number, fields: Partial<Order> = {}): Order => ({
  id,
  customer: { id: 5, username: 'john_doe', email: 'john@example.com' },
  service: { id: 3, name: 'Plumbing Repair' },
  professional: { id: 2, username: 'jane_plumber' },
  status: 'pending',
  scheduled_date: '2025-11-20T14:00:00Z',
  total_price: '150.00',
  address: '123 Main St',
  notes: 'Fixed kitchen sink',
  created_at: minute(id),
  updated_at: minute(id),
  ...fields,
});

export const user = (
  id: number,
  { profile, ...fields }: Partial<Omit<User, 'profile'>> & { profile?: Partial<User['profile']> } = {},
): User => ({
  id,
  username: `user_${id}`,
  email: `user${id}@example.com`,
  first_name: 'Jane',
  last_name: 'Smith',
  is_active: true,
  date_joined: minute(id),
  ...fields,
  profile: {
    user_type: 'professional',
    phone: '+1234567890',
    city: 'São Paulo',
    state: 'SP',
    is_verified: false,
    is_premium: false,
    is_available: false,
    rating: '4.75',
    review_count: 24,
    ...profile,
  },
});

export const service = (id: number, fields: Partial<Service> = {}): Service => ({
  id,
  name: 'Emergency Plumbing',
  description: '24/7 emergency plumbing services',
  category: 'plumbing',
  provider: { id: 2, username: 'jane_plumber', email: 'jane@example.com' },
  estimated_price: '200.00',
  is_active: true,
  created_at: minute(id),
  updated_at: minute(id),
  ...fields,
});

/** So many, with ids from 1. */
export const several = <T>(count: number, make: (id: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index + 1));

interface Records {
  orders: Order;
  users: User;
  services: Service;
}
export type Kind = keyof Records;

/** Stores records, a thousand at once. */
export async function stored<K extends Kind>(person: Person, kind: K, records: Records[K][]): Promise<void> {
  for (let from = 0; from < records.length; from += 1_000) {
    const answer = await send(person, 'POST', `/import/${kind}/`, records.slice(from, from + 1_000));
    if (answer.status !== 200) throw new Error(`not stored: ${answer.text}`);
  }
}

export interface Told {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared as they are
  body: any;
}

/** A call of this API; a body that is a text goes as CSV. */
export async function send(
  person: Pick<Person, 'fetch'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Told> {
  const isText = typeof body === 'string';
  const answer = await person.fetch(`/api/v1/admin${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': isText ? 'text/csv' : 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type') === 'application/json';
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}

/** All records of a kind, without the fields that only display something. */
export async function everything<K extends Kind>(person: Person, kind: K): Promise<Records[K][]> {
  const { body } = await send(await colleague(person), 'GET', `/export/${kind}/?limit=10000`);
  return body.results.map((row: Record<string, unknown>) => {
    const { status_display, category_display, ...record } = row;
    return record;
  });
}

/** A batch once it has ended. */
export async function ended(person: Person, batch: number): Promise<Told> {
  for (;;) {
    const answer = await send(person, 'GET', `/async/status/${batch}/`);
    if (answer.status !== 200) throw new Error(`no batch: ${answer.text}`);
    if (!['pending', 'processing'].includes(answer.body.status)) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The details of a refusal. */
export const refusal = (field: string, issue: string) => ({
  error: {
    code: 'INVALID_PARAMETERS',
    message: 'Invalid request parameters',
    details: { field, issue },
  },
});
