import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import * as z from 'zod';
import { isStorable, normalized } from '../../core/text.ts';
import { TEXT_LENGTH } from './segments.ts';

export const INVALID_PHONE = 'Invalid phone number format';

/** Kinds of numbers that no text can be sent to. */
const WITHOUT_TEXTS = new Set(['FIXED_LINE', 'PREMIUM_RATE', 'TOLL_FREE', 'VOICEMAIL', 'PAGER', 'UAN']);

/** Whether this is a number in E.164 that exists and takes texts. */
export function takesTexts(phone: string): boolean {
  if (!/^\+[1-9]\d{6,14}$/.test(phone)) return false;
  const parsed = parsePhoneNumberFromString(phone, { extract: false });
  return parsed?.isValid() === true && parsed.number === phone && !WITHOUT_TEXTS.has(parsed.getType() ?? '');
}

export const SmsPhone = z
  .custom<string>((value) => typeof value === 'string' && takesTexts(value), { error: INVALID_PHONE })
  .meta({
    type: 'string',
    id: 'SmsPhone',
    description: 'E.164, of a line that takes texts',
    examples: ['+255700000001'],
  });

export const senderIdPattern = /^[A-Za-z0-9 ]{1,11}$/;
const SENDER = 'must be 1 to 11 letters, digits and spaces';

/** What the message comes from. Carriers block those that are not registered with them. */
export const SenderId = z
  .string({ error: SENDER })
  .regex(senderIdPattern, { error: SENDER })
  .refine((value) => value.trim() !== '', { error: `sender_id ${SENDER}` })
  .meta({ examples: ['MIFUMO'] });

/** A text of one line, such as a name. */
export const line = (field: string, max: number) => {
  const error = `must be a text of at most ${max} characters`;
  return z
    .string({ error })
    .max(max, { error })
    .refine((value) => isStorable(value, false), { error: `${field} ${error}` })
    .transform(normalized)
    .meta({ type: 'string', maxLength: max });
};

/** What is sent, or a template of it. */
export const textOf = (field: string) => {
  const error = `must be a text of 1 to ${TEXT_LENGTH} characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(TEXT_LENGTH, { error })
    .refine((value) => value.trim() !== '' && isStorable(value, true), { error: `${field} ${error}` })
    .transform(normalized)
    .meta({ type: 'string', minLength: 1, maxLength: TEXT_LENGTH });
};

/** Names of variables may be headings of columns; what they hold is short. */
const VARIABLES = 40;
const VARIABLE_LENGTH = 500;

export const SmsContact = z
  .object({ phone: SmsPhone, name: line('name', 255).nullish() })
  .catchall(line('Every variable of a contact', VARIABLE_LENGTH))
  .refine((contact) => Object.keys(contact).length <= VARIABLES, {
    error: `A contact has at most ${VARIABLES} variables`,
  })
  .meta({ id: 'SmsContact', description: 'Fields beside phone and name are variables of the text.' });

/** A year ahead: whoever plans later than that, plans again. */
const SCHEDULE_DAYS = 366;
const SCHEDULE = 'must be a time with its zone, such as 2025-01-01T10:00:00Z, within a year';

/** When messages are to be sent; the past is at once. `now` comes from the one who reads it. */
export const ScheduleAt = z.iso.datetime({ offset: true, error: SCHEDULE });

/** @returns milliseconds since the epoch, not before now; `undefined` for a time too far ahead. */
export function dueTime(scheduleAt: string | undefined, now: number): number | undefined {
  const asked = scheduleAt === undefined ? now : Math.max(now, Date.parse(scheduleAt));
  return asked > now + SCHEDULE_DAYS * 86_400_000 ? undefined : asked;
}

export const SCHEDULE_TOO_FAR = `schedule_at ${SCHEDULE}`;

/** Ids of campaigns are the caller's own. */
export const CampaignId = line('campaign_id', 128);
