import * as z from 'zod';
import { readEmailAddress } from '../../../core/email-address.ts';
import { isBlank, isStorable, normalized } from '../../../core/text.ts';
import { ApiKey } from './api-key.ts';
import { Schedule } from './schedule.ts';

const notAnEmail = { error: 'must be an e-mail address' };
/** An e-mail address as `readEmailAddress` reads it. */
const ContactEmail = z
  .string(notAnEmail)
  .transform(readEmailAddress)
  .pipe(z.string(notAnEmail))
  .meta({ format: 'email' });

/** Settings of an organisation in requests. */
export const NewSettings = z
  .strictObject({
    name: z
      .string()
      .trim()
      .refine((text) => !isBlank(text), 'must not be empty')
      .max(200)
      .refine((text) => isStorable(text, false), 'must not contain control characters')
      .transform(normalized),
    api_key: ApiKey.optional().describe('Write-only. Required once; left out, the key stays as it is.'),
    contact_email: ContactEmail.describe('Cliniko asks for it, to write to about the requests.'),
    schedule: Schedule.nullish().describe('e.g. `rate(6 hours)`; null for none, and so is leaving it out.'),
  })
  .meta({ id: 'NewClinikoSettings' });
export type NewSettings = z.output<typeof NewSettings>;

/** Settings of an organisation in answers: everything but the key. */
export const SettingsReply = z
  .object({
    organization_id: z.union([z.string(), z.number()]),
    name: z.string(),
    contact_email: z.string(),
    schedule: z.string().nullable(),
    api_key_set: z.literal(true),
    next_sync: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .meta({ id: 'ClinikoSettings' });
