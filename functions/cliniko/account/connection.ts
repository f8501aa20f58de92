import { ClinikoFault } from '../faults.ts';
import { accountName } from './account-name.ts';
import type { ClinikoAccount } from './client.ts';
import type { World } from './deps.ts';
import { countPatients } from './lists.ts';

/** Milliseconds for one look at an account, which takes less than two seconds as a rule; somebody waits for it. */
const LOOK = 6_000;

/** The world, but nothing in it takes longer than until a signal. */
const until = (signal: AbortSignal, world: World): World => ({
  ...world,
  fetch: (url, init) =>
    world.fetch(url, { ...init, signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal }),
});

async function look(account: ClinikoAccount, world: World) {
  const hurried = until(AbortSignal.timeout(LOOK), world);
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
export async function lookAtAccount(account: ClinikoAccount, world: World) {
  try {
    return await look(account, world);
  } catch (error) {
    const mayPass = error instanceof ClinikoFault && error.name === 'ClinikoUnavailable';
    if (!mayPass) throw error;
    return await look(account, world);
  }
}
