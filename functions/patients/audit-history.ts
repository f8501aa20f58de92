import { type AuditEvent, auditEvents } from '../../core/audit-event.ts';
import type { HistoryQuestion, Manifest } from '../../core/ledger/ledger.ts';
import { type History, type Logged, singleNote } from './audit-log.ts';

/** The history of a ledger of patients, as the log has it. */
export const patientHistory =
  (read: (question: HistoryQuestion) => Promise<{ transactions: Manifest[]; next?: string }>): History =>
  async (question) => {
    const { transactions, ...rest } = await read(question);
    return { ...rest, transactions: transactions.map((one) => ({ ...one, resourceType: 'patient' })) };
  };

const eventTransaction = ({ tenant, eventId, actor, at, ...event }: AuditEvent): Logged => ({
  ...{ tenant, txId: eventId, actor, note: singleNote, at },
  changes: [{ id: event.resourceId, kind: event.action }],
  resourceType: event.resourceType,
});

/** The changes of other records of a tenant, each of which is an event of its own. */
export const eventHistory =
  (tenant: string): History =>
  async (question) => {
    const { events, ...rest } = await auditEvents(tenant, question);
    return { ...rest, transactions: events.map(eventTransaction) };
  };

const newestFirst = (one: Logged, other: Logged): number => (one.txId < other.txId ? 1 : -1);

/**
 * Several histories as one. What lies behind the end of a page that another history cut short is left for the
 * next page, so that none is passed over.
 */
export const mergedHistory =
  (histories: readonly History[]): History =>
  async (question) => {
    const pages = await Promise.all(histories.map((history) => history(question)));
    const next = pages
      .flatMap((page) => page.next ?? [])
      .toSorted()
      .at(-1);
    const transactions = pages
      .flatMap((page) => page.transactions)
      .filter(({ txId }) => next === undefined || txId >= next)
      .toSorted(newestFirst);
    return next === undefined ? { transactions } : { transactions, next };
  };
