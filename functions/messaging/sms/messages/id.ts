/**
 * Hexadecimal digits of a message's number. A message's id is its batch's id with its number in the last five
 * digits, where a batch has zeros. So a message has an id, and can be found, before its own record is
 * written.
 */
const numberDigits = 5;

const split = (id: string): [batch: string, number: number] => [
  id.slice(0, -numberDigits),
  Number.parseInt(id.slice(-numberDigits), 16),
];

/** Makes a batch id from a random UUID (RFC 9562 §5.4); 102 of its bits stay random. */
export const batchIdFrom = (uuid: string): string => split(uuid)[0] + '0'.repeat(numberDigits);

/** Id of a batch's message. @param n position from 0; a batch has at most 1,048,575 messages. */
export const messageId = (batchId: string, n: number): string =>
  split(batchId)[0] + (n + 1).toString(16).padStart(numberDigits, '0');

/** A message's batch and its position from 0 there; `undefined` for an id that no message can have. */
export function placeOfMessage(id: string): { batchId: string; n: number } | undefined {
  const lower = id.toLowerCase();
  const [, number] = split(lower);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower) || number === 0) return undefined;
  return { batchId: batchIdFrom(lower), n: number - 1 };
}
