/** What a phone in E.164 is, in the words of an error. */
export const e164Expected = 'E.164: a plus, the country code and the number in digits, such as +255712345678';

/**
 * Marks without a width (direction, joiners, soft hyphens) and selectors of a glyph, which copying brings
 * along.
 */
const invisiblePattern = /\p{Cf}|[\uFE00-\uFE0F]/gu;
const blankPattern = /\s/g;
const dashPattern = /[\p{Pd}\u2043\u2053\u2212\u223C\u30FC~]/gu;
const dotPattern = /[\u00B7\u2022\u2027\u30FB]/g;
const slashPattern = /[\u2044\u2215\u29F8]/g;
const digitPattern = /\p{Nd}/gu;

/** The apostrophe with which spreadsheets mark a text, as it is typed and as it is corrected. */
const textMarkPattern = /^['`\u02BC\u2018\u2019]{1,2}/;
/** Schemes of links to a phone (RFC 3966, RFC 5724), and what exports of other services write like one. */
const schemePattern = /^(?:tel|phone|p|sms|callto|whatsapp):(?:\/\/)?/i;
/** A number that a program stored as a decimal; no group of a phone is one or two zeros. */
const decimalPattern = /^(\+?\d{7,15})[.,]0{1,2}$/;

/**
 * Value of a decimal digit of any script. Unicode gives each script ten code points in a row, from zero to
 * nine (The Unicode Standard, §4.6).
 */
function digitOf(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (before < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(point - before - 1))) before += 1;
  return String(before);
}

/**
 * The phone that a text shows, in ASCII: digits of other scripts and full width as digits, dashes as `-`,
 * blanks as spaces; without invisible marks, a spreadsheet's apostrophe in front, the scheme of a link, and
 * the `.0` of a number. Whether it is a phone is not checked.
 */
export function shownPhone(text: string): string {
  const shown = text
    .normalize('NFKC')
    .replace(invisiblePattern, '')
    .replace(blankPattern, ' ')
    .replace(dashPattern, '-')
    .replace(dotPattern, '.')
    .replace(slashPattern, '/')
    .replace(digitPattern, digitOf)
    .trim()
    .replace(textMarkPattern, '')
    .trim()
    .replace(schemePattern, '')
    .trim();
  return shown.replace(decimalPattern, '$1');
}
