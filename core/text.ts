/**
 * The C0 controls except TAB, LF and CR, DEL, the C1 controls, U+FFFD, which stands where a text was lost on
 * its way, and the two noncharacters that SQS rejects.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it finds control characters
const controlCharacters = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFD-\uFFFF]/;
const lineBreaks = /[\t\n\r]/;

/**
 * True if a text can be stored, queued and shown: well-formed UTF-16 without control characters. SQS rejects
 * what is not a character of XML 1.0 (API reference, SendMessage), DynamoDB lone surrogates.
 *
 * @param severalLines allows TAB, LF and CR.
 */
export const isStorable = (text: string, severalLines: boolean): boolean =>
  text.isWellFormed() && !controlCharacters.test(text) && (severalLines || !lineBreaks.test(text));

/**
 * A text in Unicode NFC (UAX #15), in which it is stored and compared: equal names have equal code points.
 */
export const normalized = (text: string): string => text.normalize('NFC');

/**
 * True if a text shows nothing: it has only blanks, marks without a width, and letters that stand for nothing
 * (`Default_Ignorable_Code_Point` of UAX #44, and the empty braille pattern).
 */
export const isBlank = (text: string): boolean => /^[\s\p{Cf}\p{DI}\u2800]*$/u.test(text);

/** UTF-8 bytes of a name in keys: a sort key of DynamoDB has 1,024, and some keys have several names. */
const nameBytesMax = 255;

/** True if a text can be a part of keys and messages, as the names of tenants and users are. */
export const isName = (text: string): boolean =>
  text !== '' && Buffer.byteLength(text) <= nameBytesMax && isStorable(text, false);
