import type { Patient } from '../../../functions/patients/patient.ts';
import { startExpress } from '../baselines/express.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import type { Caller } from '../http.ts';
import { createByLedger, deleteByLedger, ledgerOn, openWorld, updateByLedger } from '../ledger-world.ts';
import { newPatients, newPhone, storedPatients } from '../patients.ts';
import { interleaved, type Variant } from '../rounds.ts';
import { somebody, startService, tablesOf } from '../service.ts';

export const title = 'Whole requests';
export const about = [
  'HTTP in, HTTP out: gateway, token, rate limit, validation, ledger, recovery message, reply.',
  'The ledger alone runs on an engine with a file, as the service’s does; “through the AWS endpoint” is the same ledger on the service’s own engine, reached as Lambdas reach it.',
  'Express + SQLite does the same job over HTTP in one process.',
].join(' ');

/** The most that a whole request may take of what its transaction takes, by size. */
const aims: Record<number, number> = { 500: 2 };

const PATH = '/api/v1/batch/patients';

type Baseline = 'ledger alone' | 'ledger through the AWS endpoint' | 'Express + SQLite';
type Ways = Record<'request' | Baseline, Variant>;
const baselines: Baseline[] = ['ledger alone', 'ledger through the AWS endpoint', 'Express + SQLite'];

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const service = await startService(cleanup);
  const person = await somebody(cleanup, service);
  const express = await startExpress(cleanup, service, person);
  const alone = (await openWorld(cleanup, 'file')).ledger;
  const { patients, audit } = service.tables;
  const proxied = ledgerOn(tablesOf(cleanup, service), patients, audit);
  const servers = { request: person.api, 'Express + SQLite': express };
  const ledgers = { 'ledger alone': alone, 'ledger through the AWS endpoint': proxied };

  /** The four ways to do one thing: by each of the servers, and by each of the ledgers. */
  const ways = (
    byServer: (caller: Caller) => Variant,
    byLedger: (ledger: typeof alone, tenant: string) => Variant,
  ): Ways =>
    Object.fromEntries([
      ...Object.entries(servers).map(([name, caller]) => [name, byServer(caller)]),
      ...Object.entries(ledgers).map(([name, ledger]) => [name, byLedger(ledger, `bench ${name}`)]),
    ]) as Ways;

  const figures: Figure[] = [];
  const measure = async (method: string, size: number, variants: Ways) => {
    const timings = await interleaved(variants, effort.roundsFor(size));
    for (const baseline of baselines) {
      const aim = baseline === 'ledger alone' ? aims[size] : undefined;
      figures.push(compare(`${method} ${size}`, timings, { ours: 'request', baseline, aim }));
    }
  };

  for (const size of effort.quick ? [1, 500] : [1, 25, 100, 500]) await measure('POST', size, creating(size));
  for (const size of effort.quick ? [500] : [100, 500]) {
    await measure('PUT', size, updating(size));
    await measure('DELETE', size, deleting(size));
  }
  return figures;

  function creating(size: number): Ways {
    const body = newPatients(size);
    return ways(
      (caller) => ({ run: () => caller.call('POST', PATH, body) }),
      (ledger, tenant) => {
        let created: Patient[] = [];
        return {
          prepare: async () => {
            created = storedPatients(tenant, size);
          },
          run: () => createByLedger(ledger, created),
        };
      },
    );
  }

  function updating(size: number): Ways {
    let round = 0;
    const phoneOf = (n: number) => newPhone(round, n);
    return ways(
      (caller) => {
        let ids: string[] = [];
        return {
          prepare: async () => {
            round++;
            if (ids.length === 0) ids = await seededBy(caller, size);
          },
          run: () =>
            caller.call(
              'PUT',
              PATH,
              ids.map((id, n) => ({ id, phone: phoneOf(n) })),
            ),
        };
      },
      (ledger, tenant) => {
        const records = storedPatients(tenant, size);
        let seeded = false;
        return {
          prepare: async () => {
            round++;
            if (!seeded) await createByLedger(ledger, records);
            seeded = true;
          },
          run: () => updateByLedger(ledger, records, phoneOf, new Date(Date.now() + round).toISOString()),
        };
      },
    );
  }

  function deleting(size: number): Ways {
    return ways(
      (caller) => {
        let ids: string[] = [];
        return {
          prepare: async () => {
            ids = await seededBy(caller, size);
          },
          run: () => caller.call('DELETE', PATH, ids),
        };
      },
      (ledger, tenant) => {
        let records: Patient[] = [];
        return {
          prepare: async () => {
            records = storedPatients(tenant, size);
            await createByLedger(ledger, records);
          },
          run: () => deleteByLedger(ledger, records),
        };
      },
    );
  }
}

/** Creates so many patients over HTTP and tells their ids. */
async function seededBy(caller: Caller, size: number): Promise<string[]> {
  const { text } = await caller.call('POST', PATH, newPatients(size));
  return (JSON.parse(text) as { patients: Patient[] }).patients.map(({ id }) => id);
}
