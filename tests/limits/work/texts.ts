import { newPhones, newSender, textsOf } from '../../messaging/sms.ts';
import { type Caller, compared, until, type Wrong } from '../caller.ts';

const ends = new Set(['completed', 'partial', 'failed', 'canceled']);

/** One batch of texts: each recipient gets one, and the numbers of the batch say so. */
export async function texts({ running, person, insist }: Caller, rounds: number): Promise<Wrong> {
  const sender = await person();
  const [sender_id, recipients] = [newSender(), newPhones(40 * rounds)];
  const contacts = recipients.map((phone) => ({ phone }));
  const order = { contacts, message: 'Hello', sender_id };
  const { body: accepted } = await insist(sender, 'POST', '/api/messaging/sms/bulk-send', order);
  const path = `/api/messaging/sms/batches/${accepted.batch_id}`;
  await until('the end of a batch of texts', async () => {
    const { body } = await insist(sender, 'GET', path);
    return ends.has(body.status) && body.delivered === recipients.length;
  });
  const { body } = await insist(sender, 'GET', path);
  const found = (await textsOf(running, sender_id)).map(({ to }) => to);
  const { lost, doubled } = compared(recipients, found);
  return { lost: lost + recipients.length - body.sent, doubled, partial: 0 };
}
