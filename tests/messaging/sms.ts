import { randomInt, randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { OutboxEntry } from '../../local/outbox.ts';
import type { Person } from '../people.ts';

/** Numbers of Tanzanian mobiles that no other test uses. */
export function newPhones(count: number): string[] {
  const first = randomInt(1_000_000) * 10;
  return Array.from(
    { length: count },
    (_, n) => `+25571${String((first + n) % 10_000_000).padStart(7, '0')}`,
  );
}

/** A sender id that no other test uses, so that its faults and its texts are its own. */
export const newSender = (): string => `T${randomUUID().slice(0, 8)}`;

/** Has something go wrong with the texts of a sender id. */
export async function setFaults({ url }: Pick<Person, 'url'>, sender_id: string, profile: string) {
  const response = await fetch(`${url}/_local/sms`, {
    method: 'POST',
    body: JSON.stringify({ sender_id, profile }),
  });
  expect(response.status).toBe(200);
}

export interface Sent {
  to: string;
  text: string;
}

/** The texts that a sender id has sent, oldest first. */
export async function textsOf({ url }: Pick<Person, 'url'>, senderId: string): Promise<Sent[]> {
  const response = await fetch(`${url}/_local/outbox`);
  const entries = (await response.json()) as OutboxEntry[];
  return entries
    .filter(({ kind, content }) => kind === 'sms' && (content as { from: string }).from === senderId)
    .map(({ to, content }) => ({ to, text: (content as { text: string }).text }))
    .reverse();
}

/** A batch once this holds of it. */
export async function batchWhen(
  { api }: Person,
  id: string,
  holds: (batch: Progress) => boolean = ({ status }) => ENDS.has(status),
): Promise<Progress> {
  for (;;) {
    const { ok, body } = await api.messaging.getBatch({ params: { id } });
    if (!ok) throw new Error(`no batch: ${JSON.stringify(body)}`);
    if (holds(body)) return body;
    await new Promise((done) => setTimeout(done, 50));
  }
}

const ENDS = new Set(['completed', 'partial', 'failed', 'canceled']);

type Progress = Extract<Awaited<ReturnType<Person['api']['messaging']['getBatch']>>, { ok: true }>['body'];

/** A message once it has this status. */
export async function messageWhen({ api }: Person, messageId: string, ...statuses: string[]) {
  for (;;) {
    const { ok, body } = await api.messaging.getMessage({ params: { messageId } });
    if (!ok) throw new Error(`no message: ${JSON.stringify(body)}`);
    if (statuses.includes(body.status)) return body;
    await new Promise((done) => setTimeout(done, 50));
  }
}

type SendResult = Awaited<ReturnType<Person['api']['messaging']['bulkSend']>>;

/** The answer to a batch that was accepted, with its id. */
export function acceptedOf(result: SendResult) {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.body)}`);
  const { batch_id = '', results } = result.body;
  return { ...result.body, batchId: batch_id, ids: results.map(({ message_id }) => message_id ?? '') };
}
