import * as z from 'zod';
import type { Endpoint } from '../../../core/contract/endpoint.ts';
import { pageLimit, wholeNumber } from '../../../core/contract/query.ts';
import { FileReport } from '../../../core/files/report.ts';
import { messagingErrors } from '../errors.ts';
import { boundedText } from '../text.ts';
import { Contact, ContactUpdates } from './contact.ts';
import { ImportForm, ImportJson } from './import/request.ts';

/** Contacts of one edit, deletion or opt-out. */
const contactsPerRequestMax = 100;

const shared = { errors: messagingErrors } as const;

const writing = {
  ...shared,
  method: 'POST',
  roles: ['user', 'manager', 'admin', 'super_admin'],
  uses: { messaging: 'write', audit: 'put', contactRecovery: 'send' },
} as const;

const bulk = { ...writing, limit: { calls: 10, seconds: 60, per: 'user' } } as const;

const reading = {
  ...shared,
  method: 'GET',
  roles: ['user', 'viewer', 'manager', 'admin', 'super_admin'],
  uses: { messaging: 'read' },
} as const;

const count = z.int().nonnegative();
const success = z.literal(true);

/** An id that no contact can have passes this check, so that it is answered as not found, not as invalid. */
const ContactId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'must be a UUID' })
  .transform((id) => id.toLowerCase());

const ContactIds = z
  .array(ContactId)
  .min(1, { error: 'must not be empty' })
  .max(contactsPerRequestMax, { error: `must have at most ${contactsPerRequestMax} ids` })
  .refine((ids) => new Set(ids).size === ids.length, { error: 'Duplicate contact IDs are not allowed' })
  .meta({ description: `UUIDs, at most ${contactsPerRequestMax}, each once.` });

/**
 * Left to the handler, which tells each bad one and takes the others: numbering plans are too large for every
 * bundle.
 */
const Phone = z.unknown().meta({ type: 'string', examples: ['+255712345678'] });

/** Endpoints for contacts and their consent. */
export const contactEndpoints = {
  bulkEdit: {
    ...bulk,
    path: '/api/messaging/contacts/bulk-edit',
    summary: 'Apply the same changes to several contacts, all or none',
    description: [
      'If an id is not the tenant’s, no contact is changed. Tags and attributes are replaced. A contact',
      'who has opted out stays inactive; `errors` lists those for whom `is_active: true` had no effect.',
    ].join(' '),
    body: z.strictObject({ contact_ids: ContactIds, updates: ContactUpdates }),
    reply: z.object({
      success,
      message: z.string(),
      updated_count: count,
      total_requested: count,
      errors: z.array(z.string()),
    }),
  },
  bulkDelete: {
    ...bulk,
    path: '/api/messaging/contacts/bulk-delete',
    summary: 'Delete several contacts',
    description: [
      'Ids that are not the tenant’s are not counted in `deleted_count`; 404 if none of them exists. A',
      'phone that has opted out stays opted out.',
    ].join(' '),
    body: z.strictObject({ contact_ids: ContactIds }),
    reply: z.object({ success, message: z.string(), deleted_count: count, total_requested: count }),
  },
  bulkImport: {
    ...bulk,
    path: '/api/messaging/contacts/bulk-import',
    summary: 'Import contacts from CSV, Excel or a phone',
    description: [
      'Invalid rows are listed in `errors`; the others are imported atomically. A row of the file, the first',
      'or one below a title, names its columns, in any usual spelling; unknown columns become attributes. A',
      'name, e-mail address, tag or attribute that cannot be stored is left out and told in `warnings`. The',
      'first number that can receive messages is the contact’s phone. Phone numbers may be in Tanzanian',
      'national format, and are stored in E.164. Columns such as `opted_out_at`, `unsubscribed`, `opt_out` and',
      '`is_active` are honoured: a person who is out by any row is out, with all options. A file may have',
      'up to 4.4 MiB.',
    ].join(' '),
    body: ImportJson,
    form: ImportForm,
    status: 201,
    memoryMb: 1769,
    reply: z.object({
      success: z.boolean().describe('False if no row could be used.'),
      imported: count,
      updated: count,
      skipped: count,
      total_processed: count,
      errors: z.array(z.string()),
      message: z.string(),
      warnings: z
        .array(z.string())
        .optional()
        .describe(
          'Values of imported rows that were left out or kept as an attribute, and rows that changed consent only.',
        ),
      file: FileReport.optional(),
    }),
  },
  listContacts: {
    ...reading,
    path: '/api/messaging/contacts',
    summary: 'List contacts in the order of their creation',
    description: [
      'A page that would be too large for an answer ends early: for the next page, add the returned',
      '`limit` to `offset`. `total` is exact, also for a search.',
    ].join(' '),
    query: z.object({
      limit: pageLimit(500, 50, 'limit must be a whole number from 1 up'),
      offset: wholeNumber('offset must be a whole number of at most nine digits'),
      search: boundedText(0, 100)
        .optional()
        .describe(
          [
            'Words of the name, phone or e-mail address, or parts of them, in any order. Case, accents and',
            'the number of blanks do not matter.',
          ].join(' '),
        ),
      tag: boundedText(0, 64).optional().describe('Only contacts with this tag.'),
    }),
    reply: z.object({ success, contacts: z.array(Contact), total: count, limit: count, offset: count }),
  },
  getContact: {
    ...reading,
    path: '/api/messaging/contacts/{contactId}',
    summary: 'Get one contact',
    params: z.object({ contactId: z.string() }),
    reply: Contact,
  },
  optOut: {
    ...writing,
    path: '/api/messaging/contacts/opt-out',
    summary: 'Opt phones or contacts out of messages',
    description: [
      'By phone number, with or without a contact, or by contact id. Phones are international; separators and',
      'marks that come with copying are ignored. Those of a list that are none are told in `errors`, the others',
      'are out. An opt-out outlives the contact, and no import or edit reverts it. The call is idempotent.',
    ].join(' '),
    body: z
      .strictObject({
        phone: Phone.optional(),
        phones: z.array(Phone).min(1).max(contactsPerRequestMax).optional(),
        contact_ids: ContactIds.optional(),
      })
      .refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
        error: 'Exactly one of phone, phones and contact_ids is required',
      }),
    reply: z.object({
      success,
      message: z.string(),
      opted_out_count: count,
      total_requested: count,
      errors: z.array(z.string()),
      error_details: z.array(
        z.object({ row: count, field: z.string(), code: z.literal('INVALID_PHONE'), message: z.string() }),
      ),
    }),
  },
} satisfies Record<string, Endpoint>;
