import parsePhoneNumber from 'libphonenumber-js/min';
import * as z from 'zod';

/** Cliniko's phone numbers. `normalized_number` has the country code, in digits without `+`. */
const Numbers = z.array(
  z.object({
    phone_type: z.string().nullish(),
    number: z.string().nullish(),
    normalized_number: z.string().nullish(),
  }),
);

/** E.164 numbers have at most 15 digits; the rest allows for separators and notes. */
const phoneLengthMax = 40;

/**
 * National numbers of Cliniko's countries have at most ten digits, so more of them start with a country code.
 */
const internationalDigitsMin = 11;

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

/** A number in international format; a national one stays as written, since its country is unknown. */
const writtenPhone = (number: string): string => international(number) ?? number.trim();

/** A patient's phone number: the mobile one, or else the first; `null` if there is none. */
export function phoneOf(numbers: unknown): string | null {
  const known = Numbers.safeParse(numbers).data ?? [];
  const usable = known.filter(({ number }) => number && number.length <= phoneLengthMax);
  const { number, normalized_number } =
    usable.find(({ phone_type }) => phone_type === 'Mobile') ?? usable[0] ?? {};
  if (!number) return null;
  const normalized = normalized_number ? international(`+${normalized_number}`) : undefined;
  return normalized ?? (writtenPhone(number) || null);
}
