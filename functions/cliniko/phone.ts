import * as z from 'zod';

/** Cliniko keeps the kind of a phone in its own words. */
const Numbers = z.array(z.object({ phone_type: z.string().nullish(), number: z.string().nullish() }));

/** The longest text that is taken for a number: E.164 has 15 digits, and people write between them. */
const LONGEST = 40;

/** A number with its country code is written as E.164; a national one stays as it is, since its country is not told. */
export function writtenPhone(number: string): string {
  const digits = number.replace(/[^\d+]/g, '').replace(/^00/, '+');
  return /^\+\d{7,15}$/.test(digits) ? digits : number.trim();
}

/** The number to call a patient by: the mobile one, or else the first; `null` if there is none. */
export function phoneOf(numbers: unknown): string | null {
  const known = Numbers.safeParse(numbers).data ?? [];
  const usable = known.filter(({ number }) => number && number.length <= LONGEST);
  const chosen = usable.find(({ phone_type }) => phone_type === 'Mobile') ?? usable[0];
  return chosen?.number ? writtenPhone(chosen.number) || null : null;
}
