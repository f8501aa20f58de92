import * as z from 'zod';
import { boundedText } from '../text.ts';
import { textLengthMax } from './messages/segments.ts';

export const invalidPhone = 'Invalid phone number format';

/** The shape alone: whether a number exists is for those to check who carry the numbering plans. */
const SmsPhone = z
  .custom<string>((value) => typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value), {
    error: invalidPhone,
  })
  .meta({
    type: 'string',
    id: 'SmsPhone',
    description: 'E.164, of a line that takes texts',
    examples: ['+255700000001'],
  });

export const senderIdPattern = /^[A-Za-z0-9 ]{1,11}$/;
const senderIdExpected = 'must be 1 to 11 letters, digits and spaces';

/** What the message comes from. Carriers block those that are not registered with them. */
export const SenderId = z
  .string({ error: senderIdExpected })
  .regex(senderIdPattern, { error: senderIdExpected })
  .refine((value) => value.trim() !== '', { error: `sender_id ${senderIdExpected}` })
  .meta({ examples: ['MIFUMO'] });

/** Names of variables may be headings of columns; what they hold is short. */
const variablesMax = 40;
const variableLengthMax = 500;

export const SmsContact = z
  .object({ phone: SmsPhone, name: boundedText(0, 255).nullish() })
  .catchall(boundedText(0, variableLengthMax))
  .refine((contact) => Object.keys(contact).length <= variablesMax, {
    error: `A contact has at most ${variablesMax} variables`,
  })
  .meta({ id: 'SmsContact', description: 'Fields beside phone and name are variables of the text.' });

/** A year ahead: whoever plans later than that, plans again. */
const scheduleDaysMax = 366;
const scheduleExpected = 'must be a time with its zone, such as 2025-01-01T10:00:00Z, within a year';

/** When messages are to be sent; the past is at once. `now` comes from the one who reads it. */
export const ScheduleAt = z.iso.datetime({ offset: true, error: scheduleExpected });

/** @returns milliseconds since the epoch, not before now; `undefined` for a time too far ahead. */
export function dueTime(scheduleAt: string | undefined, now: number): number | undefined {
  const asked = scheduleAt === undefined ? now : Math.max(now, Date.parse(scheduleAt));
  return asked > now + scheduleDaysMax * 86_400_000 ? undefined : asked;
}

export const scheduleTooFar = `schedule_at ${scheduleExpected}`;

/** Ids of campaigns are the caller's own. */
export const CampaignId = boundedText(1, 128);

/** What is sent, or a template of it. */
export const SmsText = boundedText(1, textLengthMax, true);
