import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { Problem } from '../../core/http/problem.ts';

/** E.164 (ITU-T): a plus and at most 15 digits, the first of which is not zero. */
const e164Pattern = /^\+[1-9]\d{6,14}$/;

/** Country of numbers in national format: Tanzania. */
const homeCountry: CountryCode = 'TZ';

/** Characters that people write between digits. */
const separatorPattern = /[\s().\-/\u00a0\u2010-\u2013]/g;

/** Line types that cannot receive text messages, according to the numbering plan. */
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

/** Number in E.164 that is valid in its country's numbering plan; `undefined` for any other text. */
export const readPhone = (text: string): string | undefined =>
  e164Pattern.test(text) ? valid(text)?.number : undefined;

/**
 * The text, if it is a valid phone number in E.164.
 *
 * @throws Problem `invalid` for a text that is not in E.164, or not valid in its country's numbering plan.
 */
export function existingPhone(text: string): string {
  const phone = readPhone(text);
  if (phone) return phone;
  throw new Problem('invalid', 'Invalid phone number format', {
    details: { field: 'phone', constraint: 'E.164, such as +255712345678' },
  });
}

/**
 * Converts a number as people and spreadsheets write it to E.164: international with `+`, `00` or neither, or
 * national in the home country, with spaces and dashes. `undefined` for a text that is no valid number.
 */
export function readWrittenPhone(text: string): string | undefined {
  // The length is checked first, so that no other check runs on a long text.
  if (text.length > 40) return undefined;
  const digits = text.replace(separatorPattern, '').replace(/^00/, '+');
  if (digits.startsWith('+')) return readPhone(digits);
  if (!/^\d{6,15}$/.test(digits)) return undefined;
  return valid(digits, homeCountry)?.number ?? readPhone(`+${digits}`);
}

/** True if a valid E.164 number may receive text messages; a landline, for example, cannot. */
export const takesMessages = (e164: string): boolean =>
  !typesWithoutSms.has(valid(e164)?.getType() ?? 'UNKNOWN');
