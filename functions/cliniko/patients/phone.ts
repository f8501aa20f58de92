import parsePhoneNumber, { findPhoneNumbersInText } from 'libphonenumber-js/min';
import * as z from 'zod';
import { shownPhone } from '../../../core/phone-text.ts';
import { type ReadField, readText, warningCodes } from './read-field.ts';

/** One of Cliniko's phone numbers. `normalized_number` has the country code, in digits without `+`. */
const PhoneNumber = z.object({
  phone_type: z.unknown().optional(),
  number: z.unknown().optional(),
  normalized_number: z.unknown().optional(),
});
type PhoneNumber = z.output<typeof PhoneNumber>;

/** E.164 numbers have at most 15 digits; the rest allows for separators and notes. */
const phoneLengthMax = 40;

/**
 * National numbers of Cliniko's countries have at most ten digits, so more of them start with a country code.
 */
const internationalDigitsMin = 11;

/** Texts with fewer digits are no numbers but notes, such as `ask 2nd son`. */
const digitsMin = 3;
const isNumber = ({ value }: ReadField): boolean => (value ?? '').replace(/\D/g, '').length >= digitsMin;

/** A number in E.164 form, `+61…`; `undefined` if it has no country code. */
function dialled(number: string): string | undefined {
  const digits = number.replace(/[^\d+]/g, '').replace(/^00/, '+');
  if (digits.startsWith('+')) return digits;
  return digits.length >= internationalDigitsMin && !digits.startsWith('0') ? `+${digits}` : undefined;
}

/**
 * A valid number in its country's format, `+61 412 345 678`; `undefined` without a country code or if
 * invalid.
 */
function international(number: string): string | undefined {
  const e164 = dialled(number);
  const parsed = e164 === undefined ? undefined : parsePhoneNumber(e164);
  return parsed?.isValid() ? parsed.formatInternational() : undefined;
}

/** The only number with a country code in a longer text; `undefined` if there are none or several. */
function numberWithin(text: string): string | undefined {
  const [found, ...others] = findPhoneNumbersInText(text);
  return others.length === 0 ? found?.number.formatInternational() : undefined;
}

/** A number is text, but its digits may have been sent as a number. */
const asText = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/**
 * Reads one number: in international format where its country is known, otherwise as it shows. Of a longer
 * text only a number in it is taken, since a part of a number would be another one.
 */
function readNumber({ number, normalized_number }: PhoneNumber): ReadField {
  const written = readText(asText(number));
  const text = shownPhone(written.value ?? '');
  const isLong = text.length > phoneLengthMax;
  const normalized = (readText(asText(normalized_number)).value ?? '').replace(/^\++/, '');
  const known = international(`+${normalized}`) ?? (isLong ? numberWithin(text) : international(text));
  if (!isLong) return { ...written, value: known ?? (text || null) };
  return known ? { value: known, code: warningCodes.cut } : { value: null, code: warningCodes.leftOut };
}

/** The numbers of a patient, mobile ones first. */
function inOrder(numbers: unknown[]): PhoneNumber[] {
  const isMobile = ({ phone_type }: PhoneNumber) => Number(phone_type === 'Mobile');
  return numbers
    .map(
      (given) =>
        PhoneNumber.safeParse(given).data ?? { phone_type: null, number: given, normalized_number: null },
    )
    .toSorted((one, other) => isMobile(other) - isMobile(one));
}

/**
 * A patient's phone number: the mobile one, or else the first that is usable; a note in place of a number
 * only if there is no number. Tells what is wrong with it, or with one that would have been taken before it.
 */
export function readPhone(numbers: unknown): ReadField {
  if (numbers === null || numbers === undefined) return { value: null };
  if (!Array.isArray(numbers)) return { value: null, code: warningCodes.leftOut };
  const read = inOrder(numbers).map(readNumber);
  const number = read.findIndex(isNumber);
  const chosen = number === -1 ? read.findIndex(({ value }) => value !== null) : number;
  const looked = chosen === -1 ? read : read.slice(0, chosen + 1);
  const passedOver = looked.slice(0, -1).some(({ value }) => value !== null);
  const code = looked.find((field) => field.code)?.code ?? (passedOver ? warningCodes.leftOut : undefined);
  return { value: read[chosen]?.value ?? null, code };
}
