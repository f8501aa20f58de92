/** What comes from outside of the rules: a test brings its own. */
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
