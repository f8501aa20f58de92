import { consume } from '../../core/consume.ts';
import { send } from '../../core/queue.ts';
import { contactJobs } from './contact-jobs.ts';
import { contactLedger } from './contact-store.ts';

export const handler = consume(contactJobs.recoverContacts, async (message) => {
  const { tenant, batch } = message;
  const { againIn } = await contactLedger().recover({ ledger: 'messaging', tenant, batch });
  if (againIn !== undefined) await send('contactRecovery', tenant, message, againIn);
});
