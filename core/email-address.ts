import { domainToASCII } from 'node:url';
import { normalized } from './text.ts';

/** RFC 5321 §4.5.3.1.1 and §4.5.3.1.3: octets of a local part, and of a path without its brackets. */
const localLengthMax = 64;
const addressLengthMax = 254;

/** pydantic's limit of a text that it reads as an address. */
const textLengthMax = 2_048;

/**
 * Marks without a width that copying an address brings along; joiners are not among them, as domains have
 * them.
 */
const invisiblePattern = /[\u00AD\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/g;

/** An address with a name before it, as mail programs write them. */
const namedPattern = /^[\p{L}\p{M}\p{N}_ ]*<([^<>]*)>$/u;

/** Words with dots between them (RFC 5322 §3.2.3), of letters of any script (RFC 6531 §3.3). */
const localPattern = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;

/** Labels of letters and digits of any script, with dashes only inside (RFC 5891 §4.2.3). */
const domainPattern =
  /^[\p{L}\p{M}\p{N}]+(?:-+[\p{L}\p{M}\p{N}]+)*(?:\.[\p{L}\p{M}\p{N}]+(?:-+[\p{L}\p{M}\p{N}]+)*)+$/u;

/** A domain in ASCII: labels of at most 63 characters (RFC 1035 §2.3.4), the last one no number. */
const asciiDomainPattern = /^(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}$/;

/**
 * Reads an e-mail address as pydantic's `EmailStr` does: without the blanks around it and the name of
 * `Ada Moyo <ada@example.com>`, its domain in lower case; an international domain stays as it is written.
 *
 * @returns `undefined` for a text that is no address: of another form, with more than 64 characters
 * before the `@`, or with more than 254 in all.
 */
export function readEmailAddress(text: string): string | undefined {
  if (text.length > textLengthMax) return undefined;
  const shown = normalized(text).replace(invisiblePattern, '').trim();
  const address = namedPattern.exec(shown)?.[1]?.trim() ?? shown;
  const [local = '', domain = '', ...more] = address.split('@');
  // The pattern comes first: `domainToASCII` reads a host as browsers do, drops a path and decodes escapes.
  if (more.length > 0 || !localPattern.test(local) || !domainPattern.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  const isShort = [...local].length <= localLengthMax && local.length + 1 + ascii.length <= addressLengthMax;
  return isShort && asciiDomainPattern.test(ascii) ? `${local}@${domain.toLowerCase()}` : undefined;
}
