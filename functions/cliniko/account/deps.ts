import { type Deps, systemDeps } from '../../../core/deps.ts';

/** Dependencies of the sync's rules on the outside; tests bring their own. */
export interface ClinikoDeps extends Pick<Deps, 'now' | 'random'> {
  /** As the global `fetch`. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

export const clinikoDeps: ClinikoDeps = {
  now: systemDeps.now,
  random: systemDeps.random,
  fetch: (url, init) => fetch(url, init),
};
