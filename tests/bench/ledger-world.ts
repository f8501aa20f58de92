import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoStore } from '../../core/dynamo/dynamo-store.ts';
import { type Ledger, openLedger } from '../../core/ledger/ledger.ts';
import type { Patient } from '../../functions/patients/patient.ts';
import { createTables, startEngine } from '../core/ledger/engine.ts';
import { type Cleanup, temporaryFolder } from './cleanup.ts';

/** A ledger of patients right on an engine, and the client that both it and its baselines use. */
export interface LedgerWorld {
  ledger: Ledger<Patient>;
  documents: DynamoDBDocumentClient;
  /** The table of the ledger's records; baselines write to it under keys of their own. */
  table: string;
}

const table = 'patients';

/** A ledger as the patients' functions open it. Its recovery messages go nowhere: what the protocol itself costs is measured. */
export const ledgerOn = (documents: DynamoDBDocumentClient, recordsTable = table, manifestsTable = 'audit') =>
  openLedger<Patient>({
    name: 'patients',
    counters: ({ gender }) => ['total', `gender:${gender}`],
    scheduleRecovery: async () => undefined,
    store: dynamoStore(documents),
    recordsTable,
    manifestsTable,
  });

/** Starts an engine of its own: in memory, or as the local run has it, on a file. */
export async function openWorld(cleanup: Cleanup, kind: 'memory' | 'file' = 'memory'): Promise<LedgerWorld> {
  const folder = kind === 'file' ? await temporaryFolder(cleanup) : undefined;
  const engine = await startEngine({ strict: false, folder });
  cleanup.later(() => engine.kill());
  const documents = engine.documents();
  await createTables(documents);
  return { ledger: ledgerOn(documents), documents, table };
}

const ACTOR = 'bench';

/** Creates these patients in one batch. */
export const createByLedger = (ledger: Ledger<Patient>, patients: Patient[]): Promise<unknown> =>
  ledger.write({
    actor: ACTOR,
    reads: [],
    decide: () => ({
      changes: patients.map((document) => ({ kind: 'create', tenant: document.tenant_id, document })),
      result: patients,
    }),
  });

const placesOf = (patients: Patient[]) => patients.map(({ id, tenant_id }) => ({ id, tenant: tenant_id }));

/** Gives these patients new phone numbers in one batch. */
export const updateByLedger = (
  ledger: Ledger<Patient>,
  patients: Patient[],
  phoneOf: (n: number) => string,
  at: string,
): Promise<unknown> =>
  ledger.write({
    actor: ACTOR,
    reads: placesOf(patients),
    decide: (found) => {
      const changes = patients.map(({ id }, n) => {
        const { tenant, document } = found.get(id) ?? missing(id);
        return {
          kind: 'update' as const,
          tenant,
          document: { ...document, phone: phoneOf(n), updated_at: at },
        };
      });
      return { changes, result: changes.map(({ document }) => document) };
    },
  });

/** Deletes these patients in one batch. */
export const deleteByLedger = (ledger: Ledger<Patient>, patients: Patient[]): Promise<unknown> =>
  ledger.write({
    actor: ACTOR,
    reads: placesOf(patients),
    decide: (found) => ({
      changes: patients.map(({ id }) => {
        const { tenant } = found.get(id) ?? missing(id);
        return { kind: 'delete' as const, tenant, id };
      }),
      result: found.size,
    }),
  });

function missing(id: string): never {
  throw new Error(`The patient ${id} is not there`);
}
