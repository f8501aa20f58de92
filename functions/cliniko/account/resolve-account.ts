import type { SyncState } from '../sync/sync-state.ts';
import type { Snapshot } from '../sync/sync-store.ts';
import { accountName } from './account-name.ts';
import type { ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';

/** An account's id becomes part of the keys of its patients. */
const accountIdPattern = /^[A-Za-z0-9-]{1,64}$/;

/**
 * The state with the account that the present key leads to. Only a key that was not seen before is asked whose it is; one that may not
 * tell counts as another account's: two clinics' patients must never be taken for each other's.
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
