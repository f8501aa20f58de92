import { timestamp } from '../../../core/clock.ts';
import { PartitionFull } from '../../../core/dynamo/errors.ts';
import { log } from '../../../core/log.ts';
import { decideOptOut } from './changes.ts';
import { phoneNames } from './phone-key.ts';
import { writeContacts } from './store.ts';

/** Who made a change that no user made, in the audit records. */
const carrier = 'sms-carrier';

/**
 * Records opt-outs that the carrier reports, as if the tenant had been told: a person who answered STOP gets
 * nothing any more, also by another provider. It is idempotent.
 *
 * A tenant whose partition is full keeps no new phone; the carrier itself still refuses texts to it.
 *
 * @param phones in E.164.
 * @param now milliseconds since the epoch.
 * @throws Problem as `writeContacts` does.
 */
export async function recordCarrierOptOut(tenant: string, phones: string[], now: number): Promise<void> {
  const nameOf = await phoneNames(tenant, true);
  const asked = { phones, errors: [], total: phones.length, ids: undefined };
  try {
    await writeContacts({
      tenant,
      actor: carrier,
      reads: phones.map(nameOf),
      decide: (find) => decideOptOut(asked, tenant, nameOf, timestamp(now), find),
      answer: async () => undefined,
    });
  } catch (error) {
    if (!(error instanceof PartitionFull)) throw error;
    log('error', 'opt-out of the carrier not recorded: the partition is full', { phones: phones.length });
  }
}
