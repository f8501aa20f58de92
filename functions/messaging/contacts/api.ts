import * as z from 'zod';
import type { Endpoint } from '../../../core/contract/endpoint.ts';
import { messagingErrors } from '../errors.ts';
import { boundedText, wholeNumber } from '../text.ts';
import { Contact, ContactUpdates } from './contact.ts';
import { ImportForm, ImportJson } from './import/request.ts';

/** The most contacts of one edit, deletion or opt-out. */
const contactsPerRequestMax = 100;

const shared = { errors: messagingErrors } as const;

const writing = {
  ...shared,
  method: 'POST',
  roles: ['user', 'manager', 'admin', 'super_admin'],
  uses: { messaging: 'write', audit: 'append', contactRecovery: 'send' },
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

/** A text that no contact has as its id is of nobody, and so not found rather than refused. */
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

/** Its shape; whether there is such a number is for the numbering plans, which are too large for every function to carry. */
const Phone = z.string().max(40);

/** Contacts and their consent. */
export const contactEndpoints = {
  bulkEdit: {
    ...bulk,
    path: '/api/messaging/contacts/bulk-edit',
    summary: 'Make the same changes to several contacts, or to none',
    description:
      'With an id that is not the tenant’s nobody is changed. Tags and attributes are replaced. A contact who has opted out stays inactive; `errors` names those for whom `is_active: true` had no effect.',
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
    description:
      'Ids that are not the tenant’s are left out of `deleted_count`; 404 where there is none of them. Who has opted out stays opted out.',
    body: z.strictObject({ contact_ids: ContactIds }),
    reply: z.object({ success, message: z.string(), deleted_count: count, total_requested: count }),
  },
  bulkImport: {
    ...bulk,
    path: '/api/messaging/contacts/bulk-import',
    summary: 'Import contacts from CSV, Excel or a phone',
    description:
      'Rows that cannot be used are told in `errors` and do not stop the others, which are imported together. The first row of a file names its columns; those that are not known become attributes. Phones may be national ones of Tanzania, and are stored in E.164. Files may have 4.4 MiB.',
    body: ImportJson,
    form: ImportForm,
    status: 201,
    memoryMb: 1769,
    reply: z.object({
      success: z.boolean().describe('False where not one row could be used.'),
      imported: count,
      updated: count,
      skipped: count,
      total_processed: count,
      errors: z.array(z.string()),
      message: z.string(),
    }),
  },
  listContacts: {
    ...reading,
    path: '/api/messaging/contacts',
    summary: 'List contacts in the order of their creation',
    description:
      'A page that would be too large ends early: go on by adding the answered `limit` to `offset`. `total` is exact, also of a search.',
    query: z.object({
      limit: wholeNumber('limit', 1, 500, 50),
      offset: wholeNumber('offset', 0, 999_999_999, 0),
      search: boundedText(0, 100)
        .optional()
        .describe('A part of the name, phone or e-mail address, in capital letters or not.'),
      tag: boundedText(0, 64).optional().describe('Only contacts with this tag.'),
    }),
    reply: z.object({ success, contacts: z.array(Contact), total: count, limit: count, offset: count }),
  },
  getContact: {
    ...reading,
    path: '/api/messaging/contacts/{contactId}',
    summary: 'Read one contact',
    params: z.object({ contactId: z.string() }),
    reply: Contact,
  },
  optOut: {
    ...writing,
    path: '/api/messaging/contacts/opt-out',
    summary: 'Note that people do not want messages any more',
    description:
      'By their phones, contacts or not, or by the ids of contacts. It outlives the contact, and no import or edit undoes it. Repeating it is harmless.',
    body: z
      .strictObject({
        phone: Phone.optional(),
        phones: z.array(Phone).min(1).max(contactsPerRequestMax).optional(),
        contact_ids: ContactIds.optional(),
      })
      .refine((body) => Object.values(body).filter((value) => value !== undefined).length === 1, {
        error: 'Exactly one of phone, phones and contact_ids is required',
      }),
    reply: z.object({ success, message: z.string(), opted_out_count: count, total_requested: count }),
  },
} satisfies Record<string, Endpoint>;
