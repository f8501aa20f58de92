/** Encoding of a text message: the seven-bit GSM alphabet, or UTF-16 for any other text (3GPP TS 23.038). */
export type Encoding = 'GSM-7' | 'UCS-2';

/** Encoding and size of a text message. */
export interface Segments {
  encoding: Encoding;
  /** Number of messages that the carrier counts and bills. */
  segments: number;
}

/** Length of a message, in UTF-16 code units: the limit of AWS (SendTextMessage, MessageBody). */
export const textLengthMax = 1_600;

const gsmBasic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

/** Characters of the extension table: each takes two units, an escape and itself. */
const gsmExtended = '^{}\\[~]|€\f';

/** Units of each character in the seven-bit alphabet. */
const gsmUnits = new Map([
  ...[...gsmBasic].map((character) => [character, 1] as const),
  ...[...gsmExtended].map((character) => [character, 2] as const),
]);

/**
 * Units of a message that is sent alone, and of each part of a longer one, which begins with a header of six
 * bytes (TS 23.040 §9.2.3.24.1).
 */
const unitsPerSegment: Record<Encoding, { alone: number; part: number }> = {
  'GSM-7': { alone: 160, part: 153 },
  'UCS-2': { alone: 70, part: 67 },
};

const lengthOf = (character: string) => character.length;

/**
 * Encoding and number of segments of a text. No character is split between segments: an extended one stays
 * with its escape, and a surrogate pair stays together.
 */
export function measure(text: string): Segments {
  const characters = [...text];
  const gsm = characters.map((character) => gsmUnits.get(character));
  const encoding = gsm.includes(undefined) ? 'UCS-2' : 'GSM-7';
  const units = encoding === 'GSM-7' ? gsm.filter((unit) => unit !== undefined) : characters.map(lengthOf);
  const { alone, part } = unitsPerSegment[encoding];
  if (units.reduce((sum, unit) => sum + unit, 0) <= alone) return { encoding, segments: 1 };
  let segments = 1;
  let room = part;
  for (const unit of units) {
    if (unit > room) {
      segments += 1;
      room = part;
    }
    room -= unit;
  }
  return { encoding, segments };
}
