import type * as z from 'zod';
import type { Contact as ContactSchema } from '../../functions/messaging/contacts/contact.ts';
import type { Person } from '../people.ts';

export type Contact = z.output<typeof ContactSchema>;

export const CONTACTS = '/api/messaging/contacts';

/** A mobile number of Tanzania for each number below ten million. */
export const phone = (n: number): string => `+25571${String(n).padStart(7, '0')}`;

/** What an answer's body may have. */
export interface Body {
  success: boolean;
  message: string;
  error_code?: string;
  details?: Record<string, unknown>;
  errors?: string[];
  [field: string]: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
}

/** Posts JSON to `contacts/<action>`. */
export const post = async (
  person: Person,
  action: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  answerOf(
    await person.fetch(`${CONTACTS}/${action}/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** Posts a form to `contacts/<action>`; the file is a part of it. */
export async function postForm(
  person: Person,
  action: string,
  fields: Record<string, string>,
  file?: { bytes: Uint8Array; name: string; type?: string },
  headers: Record<string, string> = {},
): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file)
    form.append(
      'file',
      new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: file.type ?? '' }),
      file.name,
    );
  return answerOf(await person.fetch(`${CONTACTS}/${action}/`, { method: 'POST', headers, body: form }));
}

/** Imports a CSV text, with flags that are the seldom ones to leave out. */
export const importCsv = (person: Person, csv_data: string, flags: Record<string, boolean> = {}) =>
  post(person, 'bulk-import', { import_type: 'csv', csv_data, ...flags });

/** All contacts that a person sees, in their order. */
export async function everybody(person: Person, query = ''): Promise<Contact[]> {
  const all: Contact[] = [];
  for (let total = 1; all.length < total; ) {
    const response = await person.fetch(`${CONTACTS}/?limit=500&offset=${all.length}${query}`);
    const body = (await response.json()) as { contacts: Contact[]; total: number };
    if (response.status !== 200) throw new Error(`not listed: ${response.status} ${JSON.stringify(body)}`);
    all.push(...body.contacts);
    total = body.contacts.length === 0 ? 0 : body.total;
  }
  return all;
}

/** Imports so many contacts, and gives them back as they are listed. */
export async function imported(person: Person, count: number, from = 0): Promise<Contact[]> {
  const rows = Array.from({ length: count }, (_, n) => `Person ${from + n},${phone(from + n)}`);
  const { status, body } = await importCsv(person, ['name,phone_e164', ...rows].join('\n'));
  if (status !== 201 || body.imported !== count)
    throw new Error(`not imported: ${status} ${JSON.stringify(body)}`);
  return (await everybody(person)).filter(({ phone_e164 }) =>
    Array.from({ length: count }, (_, n) => phone(from + n)).includes(phone_e164),
  );
}
