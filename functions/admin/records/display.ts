import type { Category, OrderStatus } from './codes.ts';

export type Language = 'pt-BR' | 'en';

/** Each code of a kind in each language. */
export type Words<Code extends string> = Readonly<Record<Code, Readonly<Record<Language, string>>>>;

export const orderStatusWords: Words<OrderStatus> = {
  pending: { 'pt-BR': 'Pendente', en: 'Pending' },
  confirmed: { 'pt-BR': 'Confirmado', en: 'Confirmed' },
  in_progress: { 'pt-BR': 'Em Andamento', en: 'In Progress' },
  completed: { 'pt-BR': 'Concluído', en: 'Completed' },
  cancelled: { 'pt-BR': 'Cancelado', en: 'Cancelled' },
};

export const categoryWords: Words<Category> = {
  repair: { 'pt-BR': 'Reparo', en: 'Repair' },
  assembly: { 'pt-BR': 'Montagem', en: 'Assembly' },
  plumbing: { 'pt-BR': 'Encanamento', en: 'Plumbing' },
  electrical: { 'pt-BR': 'Elétrica', en: 'Electrical' },
  cleaning: { 'pt-BR': 'Limpeza', en: 'Cleaning' },
  painting: { 'pt-BR': 'Pintura', en: 'Painting' },
  carpentry: { 'pt-BR': 'Marcenaria', en: 'Carpentry' },
  gardening: { 'pt-BR': 'Jardinagem', en: 'Gardening' },
  pest_control: { 'pt-BR': 'Controle de Pragas', en: 'Pest Control' },
  air_conditioning: { 'pt-BR': 'Ar Condicionado', en: 'Air Conditioning' },
  locksmith: { 'pt-BR': 'Chaveiro', en: 'Locksmith' },
  moving: { 'pt-BR': 'Mudanças', en: 'Moving' },
  other: { 'pt-BR': 'Outros', en: 'Other' },
};

/** The code that a text stands for: a word in any language, or the code itself. */
export const codeOf = <Code extends string>(words: Words<Code>, text: string): Code | undefined =>
  (Object.keys(words) as Code[]).find(
    (code) => code === text || Object.values<string>(words[code]).includes(text),
  );

/**
 * Negotiates the language (RFC 9110 §12.5.4): Portuguese unless the caller prefers English.
 *
 * @param header the value of `Accept-Language`.
 */
export function languageOf(header: string | undefined): Language {
  const wanted = (header ?? '')
    .split(',')
    .map((part) => {
      // Java and Android write `en_US` for the tag `en-US`.
      const [tag = '', ...parameters] = part.trim().toLowerCase().replaceAll('_', '-').split(';');
      const quality = parameters.map((one) => /^\s*q=(\d(?:\.\d+)?)/.exec(one)?.[1]).find(Boolean);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, quality }) => quality > 0 && /^(en|pt)(-|$)/.test(tag))
    .toSorted((one, other) => other.quality - one.quality);
  return wanted[0]?.tag.startsWith('en') ? 'en' : 'pt-BR';
}
