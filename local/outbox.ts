import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Something that would have left for the world outside, and was taken by a stand-in instead. */
export interface OutboxEntry {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly kind: 'sms' | 'notification' | 'webhook';
  /** A phone number, a topic's ARN, or the path that a webhook was sent to. */
  readonly to: string;
  readonly content: unknown;
}

/** Keeps what the stand-ins took, in a file of one JSON line each. */
export interface Outbox {
  add(entry: Omit<OutboxEntry, 'at'>): void;
  /** Newest first. */
  entries(): readonly OutboxEntry[];
}

/** How many entries are kept in memory and shown; the file has them all. */
const entriesShown = 1_000;

/** Opens the outbox in this folder. */
export function openOutbox(dataDir: string): Outbox {
  const file = join(dataDir, 'outbox.jsonl');
  let entries = existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(parseLine) : [];
  return {
    add(entry) {
      const complete = { at: new Date().toISOString(), ...entry };
      appendFileSync(file, `${JSON.stringify(complete)}\n`);
      entries = [...entries.slice(1 - entriesShown), complete];
    },
    entries: () => entries.slice(-entriesShown).reverse(),
  };
}

/** The last line may be half written if the machine went down. */
function parseLine(line: string): OutboxEntry[] {
  try {
    return [JSON.parse(line) as OutboxEntry];
  } catch {
    return [];
  }
}
