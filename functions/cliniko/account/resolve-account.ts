import type { SyncState } from '../sync/sync-state.ts';
import type { Snapshot } from '../sync/sync-store.ts';
import { accountName } from './account-name.ts';
import type { ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';

/** Strict, because an account's id becomes part of the keys of its patients. */
const accountIdPattern = /^[A-Za-z0-9-]{1,64}$/;

/**
 * The state with the account that the current API key belongs to. Asks Cliniko only for a new key. A key that
 * may not read the account's id counts as another account, so that patients of two clinics are never mixed.
 *
 * @throws as `askCliniko`.
 */
export async function resolveAccount(
  { settings, state }: Snapshot,
  account: ClinikoAccount,
  deps: ClinikoDeps,
): Promise<SyncState> {
  const { secret } = settings;
  if (secret === state.secret) return state;
  const { id } = await accountName(account, deps);
  return { ...state, secret, account: id !== null && accountIdPattern.test(id) ? id : secret };
}
