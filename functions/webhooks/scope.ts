import type { Caller } from '../../core/http/caller.ts';
import { Problem } from '../../core/http/problem.ts';
import { removeSecret } from '../../core/secrets.ts';
import { type EventName, findWebhooks, type Webhook } from '../../core/webhook/webhook.ts';
import { deleteWebhook } from './webhook-store.ts';

/** What concerns a tenant as a whole, and none of its organisations. */
const tenantEvents: readonly EventName[] = ['batch.completed'];

/**
 * The organisation that a caller's webhooks are bound to; `null` for those who see the whole tenant.
 *
 * @throws Problem `forbidden` for a manager or viewer of no organisation.
 */
export function webhookScope({ role, organizationId }: Caller): string | null {
  if (role === 'admin' || role === 'super_admin') return null;
  if (!organizationId) throw new Problem('forbidden', 'Not enough permissions');
  return organizationId;
}

/** @throws Problem `forbidden` if somebody who is bound to an organisation asks for what concerns the whole tenant. */
export function refuseEvents(events: readonly EventName[], organization: string | null): void {
  const refused = organization !== null && events.find((event) => tenantEvents.includes(event));
  if (refused) throw new Problem('forbidden', `Only administrators may hear of ${refused}`);
}

/** The webhooks that a caller may know of. */
export async function visibleWebhooks(caller: Caller): Promise<Webhook[]> {
  const scope = webhookScope(caller);
  const webhooks = await findWebhooks(caller.tenantId);
  return webhooks.filter(({ organization }) => scope === null || organization === scope);
}

/** Removes a webhook of the caller's, and then its secret. Messages on their way to it are dropped. */
export async function removeVisible(caller: Caller, isMeant: (webhook: Webhook) => boolean) {
  const webhook = (await visibleWebhooks(caller)).find(isMeant);
  if (!webhook) throw new Problem('not_found', 'Webhook not found');
  await deleteWebhook(caller.tenantId, webhook.id);
  await removeSecret('webhookSecrets', webhook.id);
  return { success: true as const, id: webhook.id };
}
