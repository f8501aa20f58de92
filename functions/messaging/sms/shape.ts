import * as z from 'zod';
import { boundedText } from '../text.ts';
import { textLengthMax } from './messages/segments.ts';

export const invalidPhone = 'Invalid phone number format';

/** Only the shape is checked here. Handlers that bundle the numbering plans check that the number exists. */
const SmsPhone = z
  .custom<string>((value) => typeof value === 'string' && /^\+[1-9]\d{6,14}$/.test(value), {
    error: invalidPhone,
  })
  .meta({
    type: 'string',
    id: 'SmsPhone',
    description: 'E.164, of a line that can receive text messages',
    examples: ['+255700000001'],
  });

/** Sender ids that carriers accept. */
export const senderIdPattern = /^[A-Za-z0-9 ]{1,11}$/;
const senderIdExpected = 'must be 1 to 11 letters, digits and spaces';

/** Sender id of a message. Carriers block ids that are not registered with them. */
export const SenderId = z
  .string({ error: senderIdExpected })
  .regex(senderIdPattern, { error: senderIdExpected })
  .refine((value) => value.trim() !== '', { error: `sender_id ${senderIdExpected}` })
  .meta({ examples: ['MIFUMO'] });

/** Limits of variables. Their names may be column headers; their values are short. */
const variablesMax = 40;
const variableLengthMax = 500;

/** A recipient of a bulk send. */
export const SmsContact = z
  .object({ phone: SmsPhone, name: boundedText(0, 255).nullish() })
  .catchall(boundedText(0, variableLengthMax))
  .refine((contact) => Object.keys(contact).length <= variablesMax, {
    error: `A contact has at most ${variablesMax} variables`,
  })
  .meta({ id: 'SmsContact', description: 'Fields other than phone and name are variables of the text.' });

/** Schedules reach at most one year ahead. */
const scheduleDaysMax = 366;
const scheduleExpected = 'must be a time with its zone, such as 2025-01-01T10:00:00Z, within a year';

/** Time at which messages are to be sent; a past time means now. */
export const ScheduleAt = z.iso.datetime({ offset: true, error: scheduleExpected });

/** Due time in milliseconds since the epoch, not before `now`; `undefined` for a time too far ahead. */
export function dueTime(scheduleAt: string | undefined, now: number): number | undefined {
  const asked = scheduleAt === undefined ? now : Math.max(now, Date.parse(scheduleAt));
  return asked > now + scheduleDaysMax * 86_400_000 ? undefined : asked;
}

export const scheduleTooFar = `schedule_at ${scheduleExpected}`;

/** Campaign ids are assigned by the caller. */
export const CampaignId = boundedText(1, 128);

/** Text of a message, or its template. */
export const SmsText = boundedText(1, textLengthMax, true);
