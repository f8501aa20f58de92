import * as z from 'zod';
import { e164Expected } from '../../../core/phone-text.ts';
import { boundedText } from '../text.ts';
import { textLengthMax } from './messages/segments.ts';
import { bracesFaultOf } from './templates/text.ts';

export const invalidPhone = 'Invalid phone number format';

/** Only the type is checked here. Handlers that bundle the numbering plans check the rest. */
const SmsPhone = z.string({ error: invalidPhone }).meta({
  type: 'string',
  id: 'SmsPhone',
  description: `${e164Expected}. Of a line that can receive text messages.`,
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

/**
 * A recipient of a bulk send. Fields that the text does not use may be anything, so that callers can pass
 * contacts as they have them.
 */
export const SmsContact = z
  .object({
    phone: SmsPhone,
    name: z
      .unknown()
      .meta({ type: ['string', 'number', 'null'] })
      .optional(),
  })
  .catchall(z.unknown())
  .meta({
    id: 'SmsContact',
    description: [
      'Fields other than phone are variables of the text. One that the text uses must be a text, a number or a',
      'boolean; the others may be anything.',
    ].join(' '),
  });

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

/** Text of a message, or its template. Its double braces are variables, so that no recipient gets braces. */
export const SmsText = boundedText(1, textLengthMax, true).superRefine((text, context) => {
  const message = bracesFaultOf(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});
