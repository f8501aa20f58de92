import { accountName } from './account-name.ts';
import type { ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';
import { countPatients } from './lists.ts';

/** For all calls together, which usually take less than two seconds: a caller waits for them. */
const waitingMs = 12_000;

/** For one call, so that one that stays silent can be repeated. */
const callTimeoutMs = 5_000;

/**
 * Loads the name, id and number of patients of an account for a waiting caller. Takes at most twelve seconds;
 * calls that fail in a way that may pass are repeated within them.
 *
 * @throws TooEarly, or ClinikoFault with the reason.
 */
export async function loadAccount(account: ClinikoAccount, deps: ClinikoDeps) {
  const endsAt = Math.min(deps.now() + waitingMs, deps.callsEndAt());
  const hurried = { ...deps, callTimeoutMs, callsEndAt: () => endsAt };
  const { active, archived } = await countPatients(account, hurried);
  const { name, id } = await accountName(account, hurried);
  return { patients: active + archived, name, id };
}
