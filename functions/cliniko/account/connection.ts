import { ClinikoFault } from '../faults.ts';
import { accountName } from './account-name.ts';
import type { ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';
import { countPatients } from './lists.ts';

/** For all requests of one attempt, which usually takes less than two seconds. A caller waits for it. */
const attemptTimeoutMs = 6_000;

/** The dependencies with a `fetch` that also ends at a signal. */
const until = (signal: AbortSignal, deps: ClinikoDeps): ClinikoDeps => ({
  ...deps,
  fetch: (url, init) =>
    deps.fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal }),
});

async function attempt(account: ClinikoAccount, deps: ClinikoDeps) {
  const hurried = until(AbortSignal.timeout(attemptTimeoutMs), deps);
  const { active, archived } = await countPatients(account, hurried);
  const { name, id } = await accountName(account, hurried);
  return { patients: active + archived, name, id };
}

/**
 * Loads the name, id and number of patients of an account for a waiting caller. Retries once after a fault
 * that may be transient, and so takes at most twelve seconds.
 *
 * @throws TooEarly, or ClinikoFault with the reason.
 */
export async function loadAccount(account: ClinikoAccount, deps: ClinikoDeps) {
  try {
    return await attempt(account, deps);
  } catch (error) {
    const mayPass = error instanceof ClinikoFault && error.name === 'ClinikoUnavailable';
    if (!mayPass) throw error;
    return await attempt(account, deps);
  }
}
