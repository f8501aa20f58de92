import { log } from '../../../core/log.ts';
import { openValue, sealValue } from '../../../core/sealed-value.ts';
import { reached } from '../../../core/secret-unavailable.ts';
import { readSecret, removeSecret } from '../../../core/secrets.ts';
import type { Organization } from '../organization.ts';

const placeOf = ({ tenant, orgId }: Organization) =>
  ({ kind: 'sealedClinikoKeys', tenant, id: orgId }) as const;

/** Encrypts an API key for its organisation alone. @throws SecretUnavailable */
export const sealApiKey = (organization: Organization, apiKey: string): Promise<string> =>
  sealValue(placeOf(organization), apiKey);

/**
 * Decrypts the API key of an organisation.
 *
 * @param now milliseconds since the epoch.
 * @throws as `openValue`.
 */
export const openApiKey = (organization: Organization, sealedKey: string, now: number): Promise<string> =>
  openValue(placeOf(organization), sealedKey, now);

/**
 * The API key of settings of version 1, which is in Secrets Manager.
 *
 * @throws SecretUnavailable; Error if it is gone.
 */
export async function readFormerKey(name: string, now: number): Promise<string> {
  const apiKey = await reached(readSecret('clinikoKeys', name, now));
  if (!apiKey) throw new Error('the secret of an organisation is missing');
  return apiKey;
}

/**
 * Deletes an API key from Secrets Manager after its settings were stored with a sealed one. Never throws,
 * since the caller's change is done: a secret that stays costs cents, and its name is logged.
 */
export async function removeFormerKey(name: string): Promise<void> {
  await removeSecret('clinikoKeys', name).catch(() =>
    log('warn', 'a secret of an earlier version is left in Secrets Manager', { secret: name }),
  );
}
