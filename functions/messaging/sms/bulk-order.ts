import { e164Expected } from '../../../core/phone-text.ts';
import { isStorable, normalized } from '../../../core/text.ts';
import { MessagingProblem } from '../errors.ts';
import { readPhone, takesMessages } from '../phone.ts';
import { nothingSent } from './api.ts';
import { type PackedMessage, textFor } from './batch.ts';
import { messageId } from './messages/id.ts';
import { textLengthMax } from './messages/segments.ts';
import { dueTime, invalidPhone, scheduleTooFar } from './shape.ts';

/** One contact of a request: fields other than its phone are variables. */
interface SentContact {
  phone: string;
  [variable: string]: unknown;
}

const refused = (message: string, field: string, more: object = {}) =>
  new MessagingProblem('invalid', message, nothingSent, {
    details: { field, constraint: message, ...more },
  });

/**
 * Checks that every number exists and can receive text messages.
 *
 * @throws MessagingProblem with the position of the first contact whose number does not.
 */
export function checkPhones(contacts: Pick<SentContact, 'phone'>[]): void {
  const place = contacts.findIndex(({ phone }) => readPhone(phone) !== phone || !takesMessages(phone));
  if (place < 0) return;
  const constraint = `${e164Expected}, of a line that can receive text messages`;
  throw refused(invalidPhone, `contacts.${place}.phone`, { constraint });
}

/**
 * Due time of a batch, in milliseconds since the epoch; a past time means now.
 *
 * @throws MessagingProblem for a time that is too far ahead.
 */
export function readSchedule(scheduleAt: string | null | undefined, now: number) {
  const dueAt = dueTime(scheduleAt ?? undefined, now);
  if (dueAt === undefined) throw refused(scheduleTooFar, 'schedule_at');
  return { dueAt, scheduled: dueAt > now };
}

/**
 * Messages of a request: one for each phone that has not opted out, in the order of their first occurrence.
 *
 * @throws MessagingProblem with the position of a contact whose text lacks a variable, is too long, or has
 * braces or characters that cannot be sent; then nothing is sent at all.
 */
export function composeMessages(
  body: { text: string; variables: Record<string, string | undefined> },
  from: string,
  contacts: SentContact[],
  optedOut: ReadonlySet<string>,
): Required<PackedMessage>[] {
  const messages = new Map<string, Required<PackedMessage>>();
  for (const [place, { phone, ...fields }] of contacts.entries()) {
    if (messages.has(phone) || optedOut.has(phone)) continue;
    const written = textFor(body.text, { to: phone, variables: { ...body.variables, ...fields } });
    if ('fault' in written) throw refused(written.fault, `contacts.${place}`);
    if ('missing' in written) {
      const { missing } = written;
      throw refused(`Missing template variable: ${missing.join(', ')}`, `contacts.${place}`, { missing });
    }
    if (written.text.length > textLengthMax)
      throw refused(`Message is longer than ${textLengthMax} characters`, `contacts.${place}`);
    if (!isStorable(written.text, true))
      throw refused('Control characters are not allowed', `contacts.${place}`);
    messages.set(phone, { to: phone, from, text: normalized(written.text) });
  }
  return [...messages.values()];
}

/** Results of the contacts, in their order. */
function contactResults(
  id: string,
  contacts: Pick<SentContact, 'phone'>[],
  messages: Pick<PackedMessage, 'to'>[],
) {
  const ids = new Map(messages.map(({ to }, n) => [to, messageId(id, n)]));
  return contacts.map(({ phone }) => {
    const message_id = ids.get(phone);
    return message_id
      ? { phone, success: true, message_id }
      : { phone, success: false, error: 'Recipient opted out' };
  });
}

/** Answer to a bulk send. It has no batch id if there is no message to send. */
export function bulkSendReply(
  id: string,
  contacts: Pick<SentContact, 'phone'>[],
  messages: Pick<PackedMessage, 'to'>[],
) {
  const results = contactResults(id, contacts, messages);
  return {
    success: true,
    total_contacts: contacts.length,
    processed_contacts: contacts.length,
    successful_contacts: results.filter(({ success }) => success).length,
    results,
    ...(messages.length > 0 ? { batch_id: id } : {}),
  };
}
