/** How a text is coded on its way to a phone: seven bits from a table of Latin and Greek, or UTF-16 for everything else (3GPP TS 23.038). */
export type Encoding = 'GSM-7' | 'UCS-2';

export interface Segments {
  encoding: Encoding;
  /** How many messages the carrier counts, and bills. */
  segments: number;
}

/** The longest text of one message, in UTF-16 code units: what AWS takes (SendTextMessage, MessageBody). */
export const textLengthMax = 1_600;

const gsmBasic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

/** Characters of the extension table: each takes an escape and itself. */
const gsmExtended = '^{}\\[~]|€\f';

/** Units of each character in the seven-bit alphabet. */
const gsmUnits = new Map([
  ...[...gsmBasic].map((character) => [character, 1] as const),
  ...[...gsmExtended].map((character) => [character, 2] as const),
]);

/** Units that fit into a message of its own, and into each part of a longer one, which begins with a header of six bytes (TS 23.040 §9.2.3.24.1). */
const unitsPerSegment: Record<Encoding, { alone: number; part: number }> = {
  'GSM-7': { alone: 160, part: 153 },
  'UCS-2': { alone: 70, part: 67 },
};

const lengthOf = (character: string) => character.length;

/** Counts the parts in which a text is sent. No character is cut in two: an extended one keeps its escape, an emoji both its halves. */
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
