import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type Ledger, type LedgerOptions, openLedger } from './ledger.ts';

/** Opens the ledger of this file, an append-only log: the file is the whole state. */
export async function openLedgerFile(file: string, options: LedgerOptions): Promise<Ledger> {
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '';
  // The last line may be half written after a crash, so the next record must begin a new line.
  if (kept !== '' && !kept.endsWith('\n')) appendFileSync(file, '\n');
  return await openLedger(options, kept.split('\n'), (line) => appendFileSync(file, `${line}\n`));
}
