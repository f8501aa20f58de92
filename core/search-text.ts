/** Letters that Unicode does not decompose, with what people type for them. */
const plainLetters: Readonly<Record<string, string>> = {
  ...{ æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ß: 'ss', ı: 'i' },
  ...{ '‘': "'", '’': "'", ʼ: "'" },
};
const letterPattern = /[æœøłđðþßı‘’ʼ]/g;
const accentPattern = /\p{Mn}/gu;

/** A text without what a search ignores: case, accents, the width of letters, and curls of apostrophes. */
export const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(accentPattern, '')
    .toLowerCase()
    // Once more, since lower case may bring an accent: İ.
    .replace(accentPattern, '')
    .replace(letterPattern, (letter) => plainLetters[letter] ?? letter);

/** Distinct words of a search, folded; without the comma of `Moyo, Ada`. */
export const wordsOf = (search: string): string[] => [
  ...new Set(
    folded(search)
      .split(/\s/)
      .map((word) => word.replace(/[,;]$/, '') || word)
      .filter((word) => word !== ''),
  ),
];

/** Digits of a search for a phone, without the zeros before a national or international number. */
function digitsOf(search: string): string | undefined {
  if (!/^[\d\s+().\-/]+$/.test(search)) return undefined;
  const digits = search.replace(/\D/g, '').replace(/^0{1,2}/, '');
  return digits.length >= 3 ? digits : undefined;
}

/**
 * Matcher of a search: each of its words is part of one of the texts, in any order; case, accents and the
 * number of blanks do not matter. A number with separators also matches a phone that has its digits.
 *
 * @returns `undefined` for a search without words, which everything matches.
 */
export function matcherOf(
  search: string,
): ((texts: readonly string[], phone: string) => boolean) | undefined {
  const words = wordsOf(search);
  if (words.length === 0) return undefined;
  const digits = digitsOf(search);
  return (texts, phone) => {
    if (digits !== undefined && phone.includes(digits)) return true;
    const known = [...texts, phone].map(folded);
    return words.every((word) => known.some((text) => text.includes(word)));
  };
}
