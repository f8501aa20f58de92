import { randomOf } from '../local/random.ts';

const words =
  'customer asked another appointment part missing please call before arriving gate code valve tested pressure leaks remain torneira vazando cozinha banheiro chegou atrasado portão garantia'.split(
    ' ',
  );

/** Texts like those that people type, no two of them the same, so that deflating them says what it is worth. */
export function proseOf(seed: number) {
  const random = randomOf(seed);
  const number = () => Math.floor(random() * 1e9);
  return {
    number,
    /** A text of so many characters. */
    prose(length: number): string {
      let text = '';
      while (text.length < length) text += `${words[number() % words.length]} `;
      return text.slice(0, length).trim();
    },
  };
}
