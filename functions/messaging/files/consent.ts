import { type Field, plainHeader } from './header-words.ts';

/**
 * What a file says of someone: out of messages for good, inactive, or nothing against it; `unread` if that
 * cannot be understood.
 */
export type Consent = 'out' | 'inactive' | 'none' | 'unread';

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
 * What a column of consent says; an empty cell says nothing. A time of an opt-out is one whatever it looks
 * like; any other column must be understood.
 */
export function consentOf(field: Field, value: string): Consent {
  const answer = answerOf(value);
  if (field === 'opted_out_at') return answer === 'absent' || answer === 'no' ? 'none' : 'out';
  if (!answer) return 'unread';
  if (!outBy[field]?.includes(answer)) return 'none';
  return field === 'is_active' ? 'inactive' : 'out';
}

/** The strongest first: who is out by anything is out, and not in if something is unread. */
const byStrength: readonly Consent[] = ['out', 'unread', 'inactive'];

/** Joins what is said of one person; of nothing it is `none`. */
export const joined = (said: readonly Consent[]): Consent =>
  byStrength.find((consent) => said.includes(consent)) ?? 'none';

/** Fields of consent. */
export const consentFields = ['is_active', 'opted_out', 'opted_out_at', 'opted_in'] as const;
