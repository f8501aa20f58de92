import * as z from 'zod';
import { text } from '../text.ts';
import { TEXT_LENGTH } from './messages/segments.ts';

export const INVALID_PHONE = 'Invalid phone number format';

/** The shape alone: whether a number exists is for those to check who carry the numbering plans. */
export const SmsPhone = z
  .custom<string>((value) => typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value), {
    error: INVALID_PHONE,
  })
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

/** Names of variables may be headings of columns; what they hold is short. */
const VARIABLES = 40;
const VARIABLE_LENGTH = 500;

export const SmsContact = z
  .object({ phone: SmsPhone, name: text(0, 255).nullish() })
  .catchall(text(0, VARIABLE_LENGTH))
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
export const CampaignId = text(1, 128);

/** What is sent, or a template of it. */
export const SmsText = text(1, TEXT_LENGTH, true);
