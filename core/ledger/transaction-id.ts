/** Uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * Draws a new txId: UUID version 7 (RFC 9562), so that manifests sort by the time when their transactions
 * began and recovery knows the age of a transaction from its id alone.
 *
 * @param now milliseconds since the Unix epoch.
 */
export function newTxId(now: number, random: Random): string {
  const digits = (count: number) =>
    Math.floor(random() * 16 ** count)
      .toString(16)
      .padStart(count, '0');
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${timeOf(now)}-7${digits(3)}-${variant}${digits(3)}-${digits(6)}${digits(6)}`;
}

const timeOf = (milliseconds: number): string => {
  const time = milliseconds.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
};

/**
 * The least and the greatest txId of the transactions that began together with this one or up to `spanMs`
 * milliseconds later.
 */
export function idsSince(txId: string, spanMs: number): [least: string, greatest: string] {
  const began = beginningOf(txId);
  return [timeOf(began), `${timeOf(began + spanMs)}-g`];
}

/** The instant at which the transaction began, in milliseconds since the Unix epoch. */
export const beginningOf = (txId: string): number =>
  Number.parseInt(txId.slice(0, 8) + txId.slice(9, 13), 16);
