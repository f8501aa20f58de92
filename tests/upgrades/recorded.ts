import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export type Item = Record<string, unknown>;

/** What a version of Bulkhead left: written by `record.ts`, and never changed afterwards. */
export interface Recording {
  /** When it was recorded, in milliseconds since the epoch. */
  at: number;
  /** The items of each table in the end, in DynamoDB's JSON. */
  tables: Record<string, Item[]>;
  /** Items of each kind and set of attributes that were there on the way, in DynamoDB's JSON. */
  kinds: { table: string; kind: string; item: Item }[];
  /** Messages of each queue, one of each set of fields. */
  messages: { queue: string; message: Item }[];
  /** The state with which each task of a workflow was entered, and what its function was handed. */
  steps: { step: string; state: Item; payload: Item }[];
}

const folder = import.meta.dirname;

/** Every recorded version, the oldest first. */
export const recordedVersions = (): string[] =>
  globSync('*.json', { cwd: folder })
    .map((path) => basename(path, '.json'))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));

export const recordingFile = (version: string): string => join(folder, `${version}.json`);

export const recording = (version: string): Recording =>
  JSON.parse(readFileSync(recordingFile(version), 'utf8'), (name, value: unknown) =>
    name === 'B' && typeof value === 'string' ? Uint8Array.from(Buffer.from(value, 'base64')) : value,
  ) as Recording;

/** The kind of an item, by its keys without their variable parts: `operations BATCH/CHUNK`. */
export function kindOf(table: string, pk: string, sk = ''): string {
  const word = (key: string) => /^[A-Za-z-]*/.exec(key)?.[0] ?? '';
  const [first, last] = [word(pk), word(sk)];
  const isListed = first === 'REC' || first === 'TENANTS' || first.startsWith('SMS-');
  return `${table} ${first}${last && !isListed && !/^[a-z0-9]/.test(sk) ? `/${last}` : ''}`;
}
