import { line } from '../../core/contract/fields.ts';

/**
 * A URL in one spelling: as the URL standard writes it (host in lower case, no default port, no `/./`, no
 * blanks around it), and without what does not change where it leads (RFC 3986 §6.2.2): the fragment, an
 * empty query, the dot at the end of the host, small letters in percent-encodings, and percent-encodings of
 * characters that need none. A text that is no URL stays.
 */
export function addressOf(text: string): string {
  const url = URL.parse(text);
  if (!url) return text;
  url.hash = '';
  url.hostname = url.hostname.replace(/\.$/, '');
  if (url.search === '') url.search = '';
  return url.href.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[\w\-.~]/.test(character) ? character : encoded.toUpperCase();
  });
}

/** Characters of an address, also as the URL standard encodes it: receivers refuse longer ones. */
const addressLengthMax = 2_000;

/** The address of a webhook's receiver, in one spelling. */
export const WebhookAddress = line(addressLengthMax).transform(addressOf);

/**
 * The address of a new webhook. Braces, which no URL has (RFC 3986 §2), are of a placeholder that was not
 * filled in; encoded they would lead to a path that no receiver has.
 */
export const NewWebhookAddress = line(addressLengthMax)
  .refine((text) => !/[{}]/.test(text), 'must have no { or }: put the value in place of the placeholder')
  .transform(addressOf)
  .refine(
    (url) => url.length <= addressLengthMax,
    `must have at most ${addressLengthMax} characters, also with its letters percent-encoded`,
  );
