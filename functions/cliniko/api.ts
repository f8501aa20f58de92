import * as z from 'zod';
import type { Endpoint } from '../../core/contract/endpoint.ts';
import { line } from '../../core/contract/fields.ts';
import { pageLimit, wholeNumber } from '../../core/contract/query.ts';
import { codedSpelling } from '../../core/http/coded-problem.ts';
import { openingUses } from './account/opening-uses.ts';
import { NewSettings, SettingsReply } from './account/settings-shape.ts';
import { OrgId } from './organization.ts';
import { endingUses } from './sync/ending-uses.ts';
import { SyncLogReply, syncOperations, syncStatuses } from './sync/sync-log.ts';

const shared = { errors: codedSpelling } as const;
const params = z.object({ orgId: OrgId });

const reading = {
  ...shared,
  method: 'GET',
  roles: ['viewer', 'manager', 'admin', 'super_admin'],
  params,
} as const;

const changing = { ...shared, roles: ['manager', 'admin', 'super_admin'], params } as const;

const count = z.int().nonnegative();

const limit = (max: number, otherwise: number) =>
  pageLimit(max, otherwise, 'must be a whole number from 1 up');

/** An instant from 1970 to 2999: others are mistakes. */
const Instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], 'must be an ISO date or date-time with a zone')
  .refine(
    (text) => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(3000, 0),
    'must be from 1970 to 2999',
  );

const Started = z.object({
  success: z.literal(true),
  message: z.string(),
  operation_type: z.literal('full_patients'),
  expected_duration: z.string(),
  sync_log_id: z.int(),
});

const starting = {
  ...changing,
  method: 'POST',
  limit: { calls: 1, seconds: 300, per: 'organization' },
  uses: { cliniko: 'write', operations: 'write', clinikoSync: 'run' },
  reply: Started,
} as const;

const startRule = [
  'An organisation runs one sync at a time (429 `SYNC_ALREADY_RUNNING` with its `sync_log_id`). A start too soon after',
  'another is a 429 `RATE_LIMIT_EXCEEDED`. Only successful starts count, of both paths together; a sync that fails gives',
  'its start back.',
].join(' ');

/** Endpoints that copy the patients of Cliniko accounts and report the progress. */
export const cliniko = {
  syncAll: {
    ...starting,
    path: '/api/v1/cliniko/sync-all/{orgId}',
    summary: 'Start a sync of all patients of an organisation',
    description: startRule,
  },
  sync: {
    ...starting,
    path: '/api/v1/cliniko/sync/{orgId}',
    summary: 'Start a sync of all patients (deprecated: use sync-all)',
    description: `Deprecated, the same as sync-all. ${startRule}`,
  },
  testConnection: {
    ...reading,
    path: '/api/v1/cliniko/test-connection/{orgId}',
    limit: { calls: 10, seconds: 60, per: 'user' },
    uses: { cliniko: 'read', guards: 'write', ...openingUses },
    summary: 'Check the credentials of an organisation and count its patients',
    description:
      'Answers within 15 seconds: a call that fails in a way that may pass is repeated for twelve seconds at most, and then reported as 502 `CLINIKO_UNAVAILABLE`. A rate limit of Cliniko is a 429 `CLINIKO_RATE_LIMITED` with `Retry-After`.',
    reply: z.object({
      status: z.literal('connected'),
      total_patients: count,
      api_version: z.literal('v1'),
      connection_test: z.literal('passed'),
      organization: z.object({ name: z.string(), cliniko_id: z.string().nullable() }),
    }),
  },
  syncLogs: {
    ...reading,
    path: '/api/v1/cliniko/sync-logs/{orgId}',
    limit: { calls: 60, seconds: 60, per: 'user' },
    uses: { cliniko: 'read', operations: 'read' },
    summary: 'List the syncs of an organisation with their progress, newest first',
    description: 'Syncs are listed for 400 days.',
    query: z.object({
      limit: limit(100, 10),
      status: z.enum(syncStatuses).optional(),
      operation_type: z.enum(syncOperations).optional(),
    }),
    reply: z.object({ logs: z.array(SyncLogReply), total_count: count, has_more: z.boolean() }),
  },
  status: {
    ...reading,
    path: '/api/v1/cliniko/status/{orgId}',
    limit: { calls: 120, seconds: 60, per: 'user' },
    uses: { cliniko: 'read', operations: 'read' },
    summary: 'Summarise the latest sync of an organisation',
    reply: z.object({
      sync_status: z.enum([...syncStatuses, 'never_synced']),
      last_sync: z.string().nullable().describe('End of the latest sync, or start of a running one.'),
      patient_counts: z.object({
        total_in_cliniko: count,
        synced_to_database: count,
        success_rate: z.number().min(0).max(100),
      }),
      sync_duration: z.string().nullable(),
      operation_type: z.enum(syncOperations).nullable(),
    }),
  },
  activePatients: {
    ...reading,
    path: '/api/v1/cliniko/active-patients/{orgId}',
    uses: { cliniko: 'read' },
    summary: 'List the active patients of an organisation',
    description:
      'Lists patients of the Cliniko account that the latest sync read. Patients of former accounts are kept, but not listed.',
    query: z.object({
      limit: limit(500, 50),
      offset: wholeNumber('must be a whole number of at most nine digits'),
      search: line(100)
        .optional()
        .describe(
          'Parts of names or of an e-mail address, in any order; case, accents and the number of blanks do not matter.',
        ),
      last_synced_after: Instant.optional(),
    }),
    reply: z.object({
      patients: z.array(
        z.object({
          id: z.int(),
          cliniko_patient_id: z.string(),
          first_name: z.string().nullable(),
          last_name: z.string().nullable(),
          email: z.string().nullable(),
          phone: z.string().nullable(),
          date_of_birth: z.string().nullable(),
          last_synced: z.string(),
          sync_status: z.enum(['success', 'failed']),
        }),
      ),
      pagination: z.object({ total: count, limit: count, offset: count, has_next: z.boolean() }),
    }),
  },
  syncCancel: {
    ...changing,
    method: 'POST',
    path: '/api/v1/cliniko/sync-cancel/{orgId}',
    uses: { ...endingUses, clinikoSync: 'run' },
    summary: 'Cancel the running sync of an organisation',
    description:
      'Stored patients stay. The log ends as failed with the code `SYNC_CANCELED`, and another sync may start at once. 409 if none is running.',
    reply: z.object({ success: z.literal(true), message: z.string(), sync_log_id: z.int() }),
  },
  putSettings: {
    ...changing,
    method: 'PUT',
    path: '/api/v1/cliniko/settings/{orgId}',
    uses: { cliniko: 'write', sealedClinikoKeys: 'seal', clinikoKeys: 'take' },
    summary: 'Register an organisation or change its sync settings',
    description:
      'The API key is write-only, and stored encrypted for this organisation alone. A new key of the same Cliniko account is used at once, also by a running sync. With a key of another account a running sync fails (`CLINIKO_ACCOUNT_CHANGED`); the next one fetches all patients of that account, and only they are listed from then on. Patients of the former account stay stored, and are listed again after a sync with one of its keys.',
    body: NewSettings,
    reply: SettingsReply,
  },
  getSettings: {
    ...reading,
    path: '/api/v1/cliniko/settings/{orgId}',
    uses: { cliniko: 'read' },
    summary: 'Read the sync settings of an organisation; never returns the API key',
    reply: SettingsReply,
  },
} satisfies Record<string, Endpoint>;
