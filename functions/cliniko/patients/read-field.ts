import * as z from 'zod';
import { readEmailAddress } from '../../../core/email-address.ts';
import { isBlank, normalized } from '../../../core/text.ts';

/** What a sync log tells about a field that could not be stored as Cliniko has it. */
export const warningCodes = {
  /** It was too long: the rest is left out. */
  cut: 'TEXT_CUT',
  /** Characters that cannot be stored are left out; line ends are blanks. */
  cleaned: 'TEXT_CLEANED',
  /** Cliniko sends it with U+FFFD, so it was damaged before; it is stored as it came. */
  damaged: 'TEXT_DAMAGED',
  /** It is nothing that the field can hold: it is stored as missing. */
  leftOut: 'VALUE_LEFT_OUT',
} as const;
export type WarningCode = (typeof warningCodes)[keyof typeof warningCodes];

/** A value to store, and what has to be told about it. */
export interface ReadField {
  value: string | null;
  code?: WarningCode | undefined;
}

/** The rest of a longer text is left out. Keeps items far below DynamoDB's limit of 400 KB. */
const textLengthMax = 2_000;

/** Addresses have at most 254 characters (RFC 5321 §4.5.3.1.3, less the brackets). */
const emailLengthMax = 254;

const missing: ReadField = { value: null };
const leftOut: ReadField = { value: null, code: warningCodes.leftOut };

/** A text without the characters that DynamoDB or a reader cannot take: controls and lone surrogates. */
const withoutControls = (text: string): string =>
  text.replace(/[\t\n\r]+/g, ' ').replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '');

/** The beginning of a text, without half a character at its end. */
const beginningOf = (text: string, lengthMax: number): string =>
  text.slice(0, lengthMax).replace(/\p{Cs}$/u, '');

/** Reads a text: in NFC, without controls and blanks around it, and at most 2,000 characters long. */
export function readText(value: unknown): ReadField {
  if (value === null || value === undefined) return missing;
  if (typeof value !== 'string') return leftOut;
  const trimmed = value.trim();
  const clean = withoutControls(trimmed);
  const text = normalized(clean).trim();
  if (text !== '' && isBlank(text)) return leftOut;
  const kept = beginningOf(text, textLengthMax).trim();
  const codes = [
    kept !== text && warningCodes.cut,
    clean !== trimmed && warningCodes.cleaned,
    kept.includes('\uFFFD') && warningCodes.damaged,
  ];
  return { value: kept || null, code: codes.find((code) => code !== false) };
}

/**
 * Reads an e-mail address as all systems do. One of another form is kept as it is if it has one `@` with
 * something around it, since Cliniko has it checked already.
 */
export function readEmail(value: unknown): ReadField {
  const read = readText(value);
  if (read.value === null) return read;
  const address = readEmailAddress(read.value);
  if (address !== undefined) {
    const isWhole = address.toLowerCase() === read.value.toLowerCase();
    return { value: address, code: read.code ?? (isWhole ? undefined : warningCodes.cleaned) };
  }
  const isAddress = /^[^\s@]+@[^\s@]+$/.test(read.value) && read.value.length <= emailLengthMax;
  return isAddress ? read : leftOut;
}

/** Reads a date, also one that Cliniko writes as its midnight. */
export function readDate(value: unknown): ReadField {
  const read = readText(value);
  if (read.value === null) return read;
  const [, date] =
    /^(\d{4}-\d\d-\d\d)(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.exec(read.value) ?? [];
  return z.iso.date().safeParse(date).success ? { ...read, value: date ?? null } : leftOut;
}
