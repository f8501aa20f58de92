import { openValue, sealValue } from '../../core/sealed-value.ts';
import { reached } from '../../core/secret-unavailable.ts';
import { readSecret, removeSecret } from '../../core/secrets.ts';
import type { Webhook } from '../../core/webhook/webhook.ts';

const placeOf = (tenant: string, id: string) => ({ kind: 'sealedWebhookSecrets', tenant, id }) as const;

/** The fields of a new webhook that hold its secret. Of version 2: older code must not go on without it. */
export const sealedSecret = async (tenant: string, id: string, secret: string) => ({
  v: 2 as const,
  sealed_secret: await sealValue(placeOf(tenant, id), secret),
});

/**
 * The secret of a webhook.
 *
 * @param now milliseconds since the epoch.
 * @returns `undefined` if a webhook of version 1 was deleted after it was read.
 * @throws SecretUnavailable
 */
export const secretOf = async (
  tenant: string,
  { id, sealed_secret }: Webhook,
  now: number,
): Promise<string | undefined> =>
  sealed_secret
    ? await openValue(placeOf(tenant, id), sealed_secret, now)
    : await reached(readSecret('webhookSecrets', id, now));

/** Deletes what a deleted webhook has left in Secrets Manager. */
export async function removeFormerSecret({ id, sealed_secret }: Webhook): Promise<void> {
  if (!sealed_secret) await reached(removeSecret('webhookSecrets', id));
}
