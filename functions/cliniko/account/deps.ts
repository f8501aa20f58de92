/** Dependencies of the sync's rules on the outside; tests bring their own. */
export interface ClinikoDeps {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** As the global `fetch`. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

export const clinikoDeps: ClinikoDeps = {
  now: () => Date.now(),
  random: () => Math.random(),
  fetch: (url, init) => fetch(url, init),
};
