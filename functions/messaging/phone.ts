import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { Problem } from '../../core/http/problem.ts';

/** E.164 (ITU-T): a plus and at most 15 digits, the first of them no zero. */
const e164Pattern = /^\+[1-9]\d{6,14}$/;

/** Where national numbers are of: Tanzania. */
const homeCountry: CountryCode = 'TZ';

/** What people write between digits. */
const separatorPattern = /[\s().\-/\u00a0\u2010-\u2013]/g;

/** Kinds of numbers that take no text message, as far as the numbering plan tells. */
const typesWithoutSms = new Set([
  'FIXED_LINE',
  'PAGER',
  'VOICEMAIL',
  'UAN',
  'TOLL_FREE',
  'PREMIUM_RATE',
  'SHARED_COST',
]);

function valid(text: string, defaultCountry?: CountryCode): PhoneNumber | undefined {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry, extract: false });
  return parsed?.isValid() ? parsed : undefined;
}

/** A number in E.164 that exists by its country's numbering plan; `undefined` for every other text. */
export const readPhone = (text: string): string | undefined =>
  e164Pattern.test(text) ? valid(text)?.number : undefined;

/** @throws Problem `invalid` for a text that is no number in E.164, or one that its country does not have. */
export function existingPhone(text: string): string {
  const phone = readPhone(text);
  if (phone) return phone;
  throw new Problem('invalid', 'Invalid phone number format', {
    details: { field: 'phone', constraint: 'E.164, such as +255712345678' },
  });
}

/**
 * A number as people and spreadsheets write it, in E.164: international with `+`, `00` or neither, or national in the home country, with
 * spaces and dashes.
 */
export function readWrittenPhone(text: string): string | undefined {
  // Lengths are capped before anything else looks at the text.
  if (text.length > 40) return undefined;
  const digits = text.replace(separatorPattern, '').replace(/^00/, '+');
  if (digits.startsWith('+')) return readPhone(digits);
  if (!/^\d{6,15}$/.test(digits)) return undefined;
  return valid(digits, homeCountry)?.number ?? readPhone(`+${digits}`);
}

/** Whether a valid E.164 number may get text messages: a landline and the like never does. */
export const takesMessages = (e164: string): boolean =>
  !typesWithoutSms.has(valid(e164)?.getType() ?? 'UNKNOWN');
