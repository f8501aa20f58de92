import { line } from '../../core/contract/fields.ts';

/**
 * A URL in one spelling: as the URL standard writes it (host in lower case, no default port, no `/./`, no
 * blanks around it), and without what does not change where it leads (RFC 3986 §6.2.2): the fragment, an
 * empty query, the dot at the end of the host, and small letters in percent-encodings. A text that is no URL
 * stays.
 */
export function addressOf(text: string): string {
  const url = URL.parse(text);
  if (!url) return text;
  url.hash = '';
  url.hostname = url.hostname.replace(/\.$/, '');
  if (url.search === '') url.search = '';
  return url.href.replace(/%[0-9a-f]{2}/gi, (encoded) => encoded.toUpperCase());
}

/** The address of a webhook's receiver, in one spelling. */
export const WebhookAddress = line(2_000).transform(addressOf);
