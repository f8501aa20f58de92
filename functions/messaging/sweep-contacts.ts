import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { contactLedger } from './contacts/store.ts';
import { contactWorkers } from './contacts/workers.ts';

export const handler = consume(contactWorkers.sweepContacts, async () => {
  const recovered = await contactLedger().sweep();
  if (recovered > 0) log('warn', 'contact transactions recovered after a lost message', { recovered });
});
