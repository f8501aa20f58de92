import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { contactLedger } from './contacts/store.ts';
import { contactWorkers } from './contacts/workers.ts';

export const handler = consume(contactWorkers.sweepContacts, async () => {
  const settled = await contactLedger().sweep();
  if (settled > 0) log('warn', 'batches of contacts settled whose message was lost', { settled });
});
