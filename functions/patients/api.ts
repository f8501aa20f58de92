import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { oneBeginning } from '../../core/contract/query.ts';
import {
  changeable,
  flaws,
  readChoice,
  readCursor,
  readInteger,
  readLimit,
  readName,
  readUuid,
  required,
  uniqueIds,
} from '../../core/fastapi/pydantic.ts';
import { isName } from '../../core/text.ts';
import { actions, resourceTypes } from './audit-log.ts';
import { patientSpelling } from './errors.ts';
import { genders, NewPatient, Patient, PatientChange, PatientChanges, PatientId } from './patient.ts';

/** Records that one request may create, update or delete. */
const recordsPerBatchMax = 500;

const shared = { errors: patientSpelling } as const;

const writing = {
  ...shared,
  roles: ['user', 'manager', 'admin', 'super_admin'],
  uses: { patients: 'write', audit: 'put', patientRecovery: 'send' },
} as const;

const batch = {
  ...writing,
  path: '/api/v1/batch/patients',
  limit: { calls: 10, seconds: 60, per: 'user' },
} as const;

const reading = {
  ...shared,
  method: 'GET',
  roles: ['user', 'viewer', 'manager', 'admin', 'super_admin'],
  uses: { patients: 'read' },
} as const;

const one = { path: '/api/v1/patients/{id}', params: z.object({ id: PatientId }) } as const;

const count = z.int().nonnegative();

const limit = changeable((value) => readLimit(value, 500), {
  type: 'integer',
  minimum: 1,
  description: 'More than 500 counts as 500.',
}).transform((value) => value ?? 50);

const offset = changeable(readInteger, { type: 'integer', minimum: 0, maximum: 999_999_999 }).transform(
  (value) => value ?? 0,
);

const tenant = changeable(readName, {
  type: 'string',
  description:
    'Narrows a super_admin’s view to one tenant; by default they see all. Ignored for other roles.',
});

const cursor = <S extends z.ZodType>(place: S) =>
  changeable((value) => readCursor(value, place), {
    type: 'string',
    description: 'The `next_cursor` of the previous page.',
  });

/** Tenant and id of the last patient of a page. */
const PatientPlace = z.tuple([z.string().refine(isName), z.uuid()]);

/** Transaction id and position of the last line of a page. */
const LogPlace = z.tuple([z.uuid(), z.int().nonnegative()]);

/** An id of a list to delete. A text that is not a UUID is ignored, since no patient can have it as id. */
const IdToDelete = required(
  (value) => {
    if (typeof value === 'object') return { flaw: flaws.text };
    const id = readUuid(value);
    return { value: 'value' in id ? id.value : undefined };
  },
  { type: 'string' },
);

/** Patients: atomic batches, single records, counts, and the audit log. */
export const patients = {
  create: {
    ...batch,
    method: 'POST',
    summary: 'Create several patients in one atomic batch',
    description:
      'Every reader sees either all patients of the batch or none. A super_admin may name each patient’s `tenant_id`.',
    body: z.array(NewPatient).min(1).max(recordsPerBatchMax),
    status: 201,
    reply: z.object({ created: count, total: count, patients: z.array(Patient) }),
  },
  update: {
    ...batch,
    method: 'PUT',
    summary: 'Change several patients in one atomic batch',
    description:
      'Fields that are left out stay; null clears an optional field. The first id that is not ' +
      'one of the tenant’s patients is answered with 404, and nothing is changed.',
    body: z
      .array(PatientChange)
      .min(1)
      .max(recordsPerBatchMax)
      .superRefine(uniqueIds, { when: () => true }),
    reply: z.object({ updated: count, patients: z.array(Patient) }),
  },
  remove: {
    ...batch,
    method: 'DELETE',
    summary: 'Delete several patients in one atomic batch',
    description:
      'Ids that are not the tenant’s patients do not count in `deleted`. A repeated id counts once.',
    body: z.array(IdToDelete).min(1).max(recordsPerBatchMax),
    reply: z.object({ deleted: count, requested: count }),
  },
  list: {
    ...reading,
    path: '/api/v1/patients',
    summary: 'List patients in the order of their creation',
    description:
      'Continue with `next_cursor`, or add the answered `limit` to `offset`: a page that would become too large ends ' +
      'early, and its `limit` is smaller than the requested one.',
    query: z
      .object({
        limit,
        offset,
        cursor: cursor(PatientPlace),
        tenant_id: tenant,
      })
      .refine(...oneBeginning),
    reply: z.object({
      patients: z.array(Patient),
      total: count,
      limit: count,
      offset: count,
      next_cursor: z.string().nullable(),
    }),
  },
  createOne: {
    ...writing,
    method: 'POST',
    path: '/api/v1/patients',
    summary: 'Create one patient',
    body: NewPatient,
    status: 201,
    reply: Patient,
  },
  get: { ...reading, ...one, summary: 'Read one patient', reply: Patient },
  updateOne: {
    ...writing,
    ...one,
    method: 'PUT',
    summary: 'Change one patient',
    body: PatientChanges,
    reply: Patient,
  },
  removeOne: {
    ...writing,
    ...one,
    method: 'DELETE',
    summary: 'Delete one patient',
    status: 204,
    reply: z.undefined(),
  },
  dashboard: {
    ...reading,
    path: '/api/v1/dashboard',
    summary: 'Count patients by gender, and operations by kind',
    query: z.object({ tenant_id: tenant }),
    reply: z.object({
      total_patients: count,
      by_gender: z.record(z.enum(genders), count),
      operations: z.object({ create: count, update: count, delete: count }),
    }),
  },
  auditLogs: {
    ...reading,
    path: '/api/v1/audit-logs',
    roles: ['admin', 'super_admin'],
    uses: { patients: 'read', audit: 'read' },
    summary: 'List the changes of patients and API keys in the audit log, newest first',
    description:
      'A page may be shorter than `limit` and still have a `next_cursor`, since filters are applied while reading. A ' +
      'super_admin reads another tenant’s log by `tenant_id`.',
    query: z.object({
      limit,
      cursor: cursor(LogPlace),
      resource_id: changeable(readUuid, { type: 'string', format: 'uuid' }),
      action: changeable((value) => readChoice(value, actions), { type: 'string', enum: actions }),
      tenant_id: tenant,
    }),
    reply: z.object({
      logs: z.array(
        z.object({
          timestamp: z.string(),
          user_id: z.string(),
          tenant_id: z.string(),
          action: z.enum(actions),
          resource_type: z.enum(resourceTypes),
          resource_id: z.string(),
          details: z.object({ batch_operation: z.boolean(), batch_position: count, batch_total: count }),
        }),
      ),
      next_cursor: z.string().nullable(),
    }),
  },
} satisfies Record<string, Endpoint>;
