import type { Caller } from '../../core/http/caller.ts';
import { Problem } from '../../core/http/problem.ts';
import { type EventName, findWebhooks, type Webhook } from '../../core/webhook/webhook.ts';
import { removeFormerSecret } from './secret.ts';
import { deleteWebhook } from './webhook-store.ts';

/** Events of a tenant as a whole rather than of one organisation. */
const tenantEvents: readonly EventName[] = ['batch.completed'];

/**
 * The organisation that a caller's webhooks are bound to; `null` for administrators, who see the whole
 * tenant.
 *
 * @throws Problem `forbidden` for a manager or viewer of no organisation.
 */
export function webhookScope({ role, organizationId }: Caller): string | null {
  if (role === 'admin' || role === 'super_admin') return null;
  if (!organizationId) throw new Problem('forbidden', 'Not enough permissions');
  return organizationId;
}

/**
 * @throws Problem `forbidden` if a webhook bound to an organisation subscribes to events of the whole tenant.
 */
export function refuseEvents(events: readonly EventName[], organization: string | null): void {
  const refused = organization !== null && events.find((event) => tenantEvents.includes(event));
  if (refused) throw new Problem('forbidden', `Only administrators may subscribe to ${refused}`);
}

/** Webhooks that a caller may see: administrators all of the tenant, others those of their organisation. */
export async function visibleWebhooks(caller: Caller): Promise<Webhook[]> {
  const scope = webhookScope(caller);
  const webhooks = await findWebhooks(caller.tenantId);
  return webhooks.filter(({ organization }) => scope === null || organization === scope);
}

/**
 * Deletes a webhook that the caller may see, and its secret. Pending messages to it are dropped.
 *
 * @throws Problem `not_found` if the caller sees none that matches.
 */
export async function removeVisible(caller: Caller, isMeant: (webhook: Webhook) => boolean) {
  const webhook = (await visibleWebhooks(caller)).find(isMeant);
  if (!webhook) throw new Problem('not_found', 'Webhook not found');
  await deleteWebhook(caller.tenantId, webhook.id);
  await removeFormerSecret(webhook);
  return { success: true as const, id: webhook.id };
}
