/**
 * NUL, the other C0 controls but TAB, LF and CR, DEL, the C1 controls, and the two noncharacters that a queue
 * refuses.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const controlCharacters = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]/;
const lineBreaks = /[\t\n\r]/;

/**
 * True if a text can be stored, queued and shown: well-formed UTF-16 without control characters. SQS refuses
 * what XML 1.0 refuses (API reference, SendMessage); DynamoDB refuses lone surrogates. TAB, LF and CR pass
 * only where a field may have several lines.
 */
export const isStorable = (text: string, severalLines: boolean): boolean =>
  text.isWellFormed() && !controlCharacters.test(text) && (severalLines || !lineBreaks.test(text));

/**
 * The form in which text is stored and compared: Unicode NFC (UAX #15), so that one name is one sequence of
 * code points.
 */
export const normalized = (text: string): string => text.normalize('NFC');
