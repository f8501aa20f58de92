import { type Field, plainHeader } from './header-words.ts';

/** What a file says of someone: out of messages for good, inactive, or nothing against it. */
export type Consent = 'out' | 'inactive' | 'none';

const words = (text: string): Set<string> => new Set(text.split(' '));

/** Values in English, Swahili and Portuguese, without case, accents, blanks and punctuation. */
const yes = words('true 1 yes y on x t v ndiyo ndio kweli sim s verdadeiro');
const no = words('false 0 no n off f hapana la sio siyo nao falso');
const outWords = words(
  'unsubscribed optedout optout out stop stopped blocked inactive unsubscribe amejiondoa amejitoa inativo inativa descadastrado descadastrada bloqueado',
);
const inWords = words(
  'subscribed optedin optin in active subscribe hai amejiunga ativo ativa inscrito inscrita',
);
const absent = words('null none na nil undefined never nunca');
/** Signs that people put into a cell. */
const checkMarks = words('✓ ✔ ☑ ✅');
const dashes = words('- – — .');

/** A date or a time, as a column has it for when something was said. */
const hasDate = (text: string): boolean => /\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/.test(text);

type Answer = 'yes' | 'no' | 'out' | 'in' | 'absent' | 'date' | undefined;

function answerOf(value: string): Answer {
  const sign = value.replace('\ufe0f', '');
  // Programs write a number as a fraction.
  const plain = plainHeader(value.slice(0, 100).replace(/\.0$/, ''));
  if (value === '' || dashes.has(sign) || absent.has(plain)) return 'absent';
  if (yes.has(plain) || checkMarks.has(sign)) return 'yes';
  if (no.has(plain)) return 'no';
  if (outWords.has(plain)) return 'out';
  if (inWords.has(plain)) return 'in';
  return hasDate(value) ? 'date' : undefined;
}

/** Answers by which someone is out; the others that are understood leave someone in. */
const outBy: Partial<Record<Field, readonly Answer[]>> = {
  opted_out: ['yes', 'out', 'date'],
  opted_in: ['no', 'out'],
  is_active: ['no', 'out'],
};

/**
 * What a column of consent says. A time of an opt-out is one whatever it looks like; any other column must be
 * understood.
 *
 * @returns `undefined` for a value that cannot be understood.
 */
export function consentOf(field: Field, value: string): Consent | undefined {
  const answer = answerOf(value);
  if (field === 'opted_out_at') return answer === 'absent' || answer === 'no' ? 'none' : 'out';
  if (!answer) return undefined;
  if (!outBy[field]?.includes(answer)) return 'none';
  return field === 'is_active' ? 'inactive' : 'out';
}

/** The stronger of two. */
export const strongest = (one: Consent, other: Consent): Consent => {
  if (one === 'out' || other === 'out') return 'out';
  return one === 'inactive' || other === 'inactive' ? 'inactive' : 'none';
};

/** Fields of consent. */
export const consentFields = ['is_active', 'opted_out', 'opted_out_at', 'opted_in'] as const;
