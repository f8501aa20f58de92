import { consume } from '../../core/consume.ts';
import { log } from '../../core/log.ts';
import { contactJobs } from './contact-jobs.ts';
import { contactLedger } from './contact-store.ts';

export const handler = consume(contactJobs.sweepContacts, async () => {
  const settled = await contactLedger().sweep();
  if (settled > 0) log('warn', 'batches of contacts settled whose message was lost', { settled });
});
