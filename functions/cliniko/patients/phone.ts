import parsePhoneNumber from 'libphonenumber-js/min';
import * as z from 'zod';

/** Cliniko keeps the kind of a phone in its own words. What it made of a number itself comes with the country's code, in digits. */
const Numbers = z.array(
  z.object({
    phone_type: z.string().nullish(),
    number: z.string().nullish(),
    normalized_number: z.string().nullish(),
  }),
);

/** The longest text that is taken for a number: E.164 has 15 digits, and people write between them. */
const phoneLengthMax = 40;

/** As few digits with a country's code in front are never a national number of the countries that Cliniko is in: those have ten. */
const internationalDigitsMin = 11;

/** A number as it is dialled from anywhere, `+61…`; `undefined` for one that does not tell its country. */
function dialled(number: string): string | undefined {
  const digits = number.replace(/[^\d+]/g, '').replace(/^00/, '+');
  if (digits.startsWith('+')) return digits;
  return digits.length >= internationalDigitsMin && !digits.startsWith('0') ? `+${digits}` : undefined;
}

/** A number with its country's code in that country's spelling, `+61 412 345 678`; `undefined` for any other. */
function international(number: string): string | undefined {
  const parsed = parsePhoneNumber(dialled(number) ?? '');
  return parsed?.isValid() ? parsed.formatInternational() : undefined;
}

/** A number as it is shown: a national one stays as it was written, since its country is not told. */
const writtenPhone = (number: string): string => international(number) ?? number.trim();

/** The number to call a patient by: the mobile one, or else the first; `null` if there is none. */
export function phoneOf(numbers: unknown): string | null {
  const known = Numbers.safeParse(numbers).data ?? [];
  const usable = known.filter(({ number }) => number && number.length <= phoneLengthMax);
  const { number, normalized_number } =
    usable.find(({ phone_type }) => phone_type === 'Mobile') ?? usable[0] ?? {};
  if (!number) return null;
  return international(`+${normalized_number ?? ''}`) ?? (writtenPhone(number) || null);
}
