/** Most significant digits of a number (API reference, AttributeValue, and developer guide, Constraints). */
const significantDigitsMax = 38;

/** The decimal exponents of the largest and of the smallest magnitude: 9.9…E+125 and 1E-130. */
const exponent = { max: 125, min: -130 };

/** A number without sign or leading zeros in its significant digits; no digits are zero. */
interface Decimal {
  readonly negative: boolean;
  /** Significant digits, without zeros at either end. */
  readonly digits: string;
  /** The exponent of the first digit, as in scientific notation. */
  readonly exponent: number;
}

/** Splits a number's text; `undefined` if DynamoDB cannot read it. */
function decimalOf(text: string): Decimal | undefined {
  const match = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = match[4] ?? '', , power = '0'] = match;
  const all = whole + fraction;
  const first = all.search(/[1-9]/);
  if (first < 0) return { negative: false, digits: '', exponent: 0 };
  return {
    negative: sign === '-',
    digits: trimmed(all.slice(first)),
    exponent: whole.length - 1 - first + Number(power),
  };
}

/** Digits without the zeros at their end. */
function trimmed(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** The same text for equal numbers, such as `1` and `1.0`. */
export function canonicalNumber(text: string): string {
  const decimal = decimalOf(text);
  return decimal ? `${decimal.negative ? '-' : ''}${decimal.digits}e${decimal.exponent}` : text;
}

/** Why DynamoDB refuses a number; `undefined` if it takes it. */
export function numberFault(text: string): string | undefined {
  const decimal = decimalOf(text);
  if (!decimal) return `${JSON.stringify(text)} is not a number`;
  if (decimal.digits.length > significantDigitsMax)
    return `a number has ${decimal.digits.length} significant digits, more than ${significantDigitsMax}`;
  if (decimal.exponent > exponent.max) return 'a number is greater than 9.9E+125';
  if (decimal.exponent < exponent.min) return 'a number is nearer to zero than 1E-130';
  return undefined;
}

/** Bytes of a number: one for each two significant digits and one more (developer guide, item sizes). */
export const numberBytes = (text: string): number =>
  Math.ceil((decimalOf(text)?.digits.length ?? text.length) / 2) + 1;
