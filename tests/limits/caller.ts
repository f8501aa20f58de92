import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from '../../local/start.ts';
import { type Person, somebody, type Traits } from '../people.ts';

/** One answer, as a caller saw it. */
export interface Seen {
  status: number;
  milliseconds: number;
  /** Seconds after which the answer asks to come again. */
  retryAfter: string | null;
}

/** What a work found to be wrong, in numbers of records. */
export interface Wrong {
  /** Acknowledged, and not there. */
  lost: number;
  /** There twice, or done twice. */
  doubled: number;
  /** Batches of which a reader saw a part. */
  partial: number;
}

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of six APIs
  body: any;
}

/** A client that behaves as the documents of the API ask it to. */
export interface Caller {
  running: Running;
  person(traits?: Traits): Promise<Person>;
  /**
   * One call, repeated with its Idempotency-Key for as long as the API asks to come again (409, 429, 503).
   *
   * @param done a status of a repeated call that tells that an earlier one took effect.
   *
   * @throws Error if that lasts for three minutes, or for any other refusal.
   */
  insist(person: Person, method: string, path: string, body?: unknown, done?: number): Promise<Answer>;
  seen: Seen[];
}

const patienceMs = 180_000;

/** Answers after which the same call may be sent again. */
const again = new Set([409, 429, 503]);

export function makeCaller(running: Running): Caller {
  const seen: Seen[] = [];
  const once = async (person: Person, method: string, path: string, key: string, body: unknown) => {
    const begun = performance.now();
    const response = await person.fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'Idempotency-Key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const retryAfter = response.headers.get('retry-after');
    seen.push({ status: response.status, milliseconds: performance.now() - begun, retryAfter });
    return { status: response.status, text, retryAfter };
  };
  return {
    running,
    seen,
    person: (traits = {}) => somebody({ url: running.url, role: 'admin', ...traits }),
    async insist(person, method, path, body, done) {
      const [key, endMs] = [randomUUID(), Date.now() + patienceMs];
      // Ends with an answer, or when patience ends.
      for (let tries = 1, pauseMs = 50; ; tries++, pauseMs = Math.min(2 * pauseMs, 2_000)) {
        const { status, text } = await once(person, method, path, key, body);
        if (status < 300 || (tries > 1 && status === done))
          return { status, body: text === '' ? undefined : JSON.parse(text) };
        if (!again.has(status) || Date.now() > endMs)
          throw new Error(`${method} ${path}: ${status} ${text.slice(0, 300)}`);
        // Shorter than `Retry-After`, so that a test does not wait for nothing.
        await pause(pauseMs * Math.random());
      }
    },
  };
}

/** Waits until something holds. @throws Error after five minutes. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 300_000;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`${what} did not happen in five minutes`);
    await pause(200);
  }
}

/** How many of the wanted ids are missing, and how many came more than once. */
export function compared(
  wanted: readonly string[],
  found: readonly string[],
): Pick<Wrong, 'lost' | 'doubled'> {
  const there = new Set(found);
  const asked = new Set(wanted);
  const lost = wanted.filter((id) => !there.has(id)).length;
  // What was not asked for is as wrong as what came twice.
  const doubled = found.length - there.size + [...there].filter((id) => !asked.has(id)).length;
  return { lost, doubled };
}
