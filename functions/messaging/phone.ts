import { type CountryCode, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { shownPhone } from '../../core/phone-text.ts';

/** E.164 (ITU-T): a plus and at most 15 digits, the first of which is not zero. */
const e164Pattern = /^\+[1-9]\d{6,14}$/;

/** Country of numbers in national format: Tanzania. */
const homeCountry: CountryCode = 'TZ';

/** Characters of a text that is read as a phone. */
const phoneLengthMax = 64;

/** Characters that people write between digits. */
const separatorPattern = /[ ().\-/[\]]/g;

/** An extension behind a number, without separators: text messages do not reach it. */
const extensionPattern = /[,;]?(?:extension|extn|ext|x|#)[:=]?\d{1,7}$/i;

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

/** Digits of a number as it is dialled, after a plus if it is international; `undefined` for other texts. */
function dialled(text: string): string | undefined {
  // The length is checked first, so that no other check runs on a long text.
  if (text.length > phoneLengthMax) return undefined;
  const digits = shownPhone(text)
    .replace(separatorPattern, '')
    .replace(extensionPattern, '')
    .replace(/^00/, '+');
  return /^\+?\d{6,15}$/.test(digits) ? digits : undefined;
}

/**
 * Converts an international number as people, phones and spreadsheets write it to E.164: with `+`, `00` or
 * neither, with separators, digits of any script, and the marks that `shownPhone` knows. An extension is left
 * out. `undefined` for a text that is no valid number.
 */
export function readInternationalPhone(text: string): string | undefined {
  const digits = dialled(text);
  return digits === undefined ? undefined : readPhone(`+${digits.replace('+', '')}`);
}

/** As `readInternationalPhone`, and also converts a number in the national format of the home country. */
export function readWrittenPhone(text: string): string | undefined {
  const digits = dialled(text);
  if (digits === undefined) return undefined;
  const national = digits.startsWith('+') ? undefined : valid(digits, homeCountry)?.number;
  return national ?? readInternationalPhone(digits);
}

/** True if a valid E.164 number may receive text messages; a landline, for example, cannot. */
export const takesMessages = (e164: string): boolean =>
  !typesWithoutSms.has(valid(e164)?.getType() ?? 'UNKNOWN');
