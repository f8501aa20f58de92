import type { BatchRef } from './change.ts';
import type { Context } from './context.ts';

/** The recovery message comes when the lease is over, and a little. */
const marginSeconds = 2;

export interface Announcements {
  /** Sends the recovery messages of these tenants, once each. Nothing may be written before it resolved. */
  of(tenants: string[]): Promise<void>;
  /** Waits until nothing is in flight, whatever became of it. */
  ended(): Promise<void>;
}

/** The recovery messages of one batch: whatever happens to its owner, somebody looks after it when its lease is over. */
export function announcements(
  context: Context,
  announce: (batch: BatchRef, delaySeconds: number) => Promise<void>,
  batch: string,
): Announcements {
  const sent = new Map<string, Promise<void>>();
  const delaySeconds = Math.ceil(context.lease / 1000) + marginSeconds;
  const send = (tenant: string): Promise<void> => {
    const message = sent.get(tenant) ?? announce({ ledger: context.ledger, tenant, batch }, delaySeconds);
    sent.set(tenant, message);
    // A rejection is heard by whoever awaits it later; until then it must not end the process.
    message.catch(() => undefined);
    return message;
  };
  return {
    of: async (tenants) => {
      await Promise.all(tenants.map(send));
    },
    ended: async () => {
      await Promise.allSettled(sent.values());
    },
  };
}
