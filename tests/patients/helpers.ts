import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { Patient as PatientSchema } from '../../functions/patients/patient.ts';
import type { Person } from '../people.ts';
import { newPatients } from './fixtures.ts';

export type Patient = z.output<typeof PatientSchema>;

export const BATCH = '/api/v1/batch/patients';
export const PATIENTS = '/api/v1/patients';

/** One entry of a 422's `detail`. */
export const flaw = (loc: (string | number)[], msg: string, type: string, ctx?: Record<string, unknown>) =>
  ctx ? { loc, msg, type, ctx } : { loc, msg, type };

export const missing = (...loc: (string | number)[]) => flaw(loc, 'field required', 'value_error.missing');
export const none = (...loc: (string | number)[]) =>
  flaw(loc, 'none is not an allowed value', 'type_error.none.not_allowed');
export const badUuid = (...loc: (string | number)[]) =>
  flaw(loc, 'value is not a valid uuid', 'type_error.uuid');

/** A UUID that no record has, in the form that every id of a tenant has but for its last bytes. */
export const unknownId = (): string => randomUUID();

/** Creates patients in one batch and gives them back as they were answered. */
export async function created(person: Person, count: number, more?: Record<string, unknown>) {
  const result = await person.api.patients.create({ body: newPatients(count, more) });
  if (!result.ok) throw new Error(`not created: ${result.status} ${JSON.stringify(result.body)}`);
  return result.body.patients;
}

/** Everybody that a person sees, by pages of 500. */
export async function everybody(person: Person, query: Record<string, string | number> = {}) {
  const all: Patient[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await person.api.patients.list({
      query: { limit: 500, ...query, ...(cursor ? { cursor } : {}) },
    });
    if (!page.ok) throw new Error(`not listed: ${page.status} ${JSON.stringify(page.body)}`);
    all.push(...page.body.patients);
    cursor = page.body.next_cursor;
  }
  return all;
}

/** A request with a JSON body that is sent as it is, for what is no JSON or must not be read and written again. */
export async function send(person: Person, method: string, path: string, body?: string, headers = {}) {
  const response = await person.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

/** Every answer's body as JSON. */
export const json = (text: string): unknown => JSON.parse(text);
