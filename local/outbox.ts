import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A message to the outside (SMS, e-mail, webhook) that a stand-in took instead of sending it. */
export interface OutboxEntry {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly kind: 'sms' | 'notification' | 'webhook';
  /** A phone number, a topic's ARN, or the path of a webhook. */
  readonly to: string;
  readonly content: unknown;
}

/** Messages that the stand-ins took, stored as one line of JSON each. */
export interface Outbox {
  add(entry: Omit<OutboxEntry, 'at'>): void;
  /** Newest first. */
  entries(): readonly OutboxEntry[];
}

/** Entries kept in memory and shown; the file holds all of them. */
const entriesShownMax = 1_000;

/** Opens the outbox in this folder. */
export function openOutbox(dataDir: string): Outbox {
  const file = join(dataDir, 'outbox.jsonl');
  let entries = existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parseLine) : [];
  return {
    add(entry) {
      const complete = { at: new Date().toISOString(), ...entry };
      appendFileSync(file, `${JSON.stringify(complete)}\n`);
      entries = [...entries.slice(1 - entriesShownMax), complete];
    },
    entries: () => entries.slice(-entriesShownMax).reverse(),
  };
}

/** Skips a line that is no JSON: the last one may be half written after a crash. */
function parseLine(line: string): OutboxEntry[] {
  try {
    return [JSON.parse(line) as OutboxEntry];
  } catch {
    return [];
  }
}
