import { ClinikoFault } from '../faults.ts';
import { accountName } from './account-name.ts';
import type { ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';
import { countPatients } from './lists.ts';

/** Milliseconds for one look at an account, which takes less than two seconds as a rule; somebody waits for it. */
const attemptTimeoutMs = 6_000;

/** The deps, but nothing in it takes longer than until a signal. */
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
 * What an account tells of itself to somebody who waits. What may pass by itself is tried once more, and no more: within twelve
 * seconds there is an answer.
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
