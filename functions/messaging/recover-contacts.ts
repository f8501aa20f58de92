import { consume } from '../../core/consume.ts';
import { send } from '../../core/queue.ts';
import { contactLedger } from './contacts/store.ts';
import { contactWorkers } from './contacts/workers.ts';

export const handler = consume(contactWorkers.recoverContacts, async (message) => {
  const { tenant, batch } = message;
  const { againIn } = await contactLedger().recover({ ledger: 'messaging', tenant, txId: batch });
  if (againIn !== undefined) await send('contactRecovery', tenant, message, againIn);
});
