import { randomUUID } from 'node:crypto';
import type { Ledger } from '../../../core/ledger/ledger.ts';
import type { Patient } from '../../../functions/patients/patient.ts';
import { newCleanup } from '../cleanup.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { createByLedger, openWorld, updateByLedger } from '../ledger-world.ts';
import { newPhone, storedPatients } from '../patients.ts';
import { interleaved } from '../rounds.ts';

export const title = 'Growth of the ledger';
export const about =
  'What a record costs must not depend on the size of its batch, on how many tenants there are, or on what its tenant did before. Quick runs seed a tenth.';

/** The most that anything may grow. */
const FLAT = 1.1;
/** The same for reading the newest page of a history: it reads what is newest and nothing else. */
const FLAT_HISTORY = 1.2;

const SMALL = 100;

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const measure of [bySize, byTenants, byHistory]) {
    const its = newCleanup();
    cleanup.later(its.now);
    figures.push(...(await measure({ effort, cleanup: its })));
    await its.now();
  }
  return figures;
}

/** Creates so many patients in a tenant. */
function creation(ledger: Ledger<Patient>, size: number, tenantOf: () => string) {
  let patients = storedPatients('', 0);
  return {
    prepare: async () => {
      patients = storedPatients(tenantOf(), size);
    },
    run: () => createByLedger(ledger, patients),
  };
}

const firstPage = (ledger: Ledger<Patient>, tenant: string) => ({
  // Under a key of its own each time, or the container would remember the answer.
  run: () => ledger.read(tenant, randomUUID(), (view) => view.list({ limit: 50 })),
});

async function bySize({ effort, cleanup }: Bench): Promise<Figure[]> {
  const large = effort.quick ? 1_000 : 5_000;
  const { ledger } = await openWorld(cleanup);
  const [ours, baseline] = [`batch of ${large}`, `batch of ${SMALL}`];
  const timings = await interleaved(
    {
      [ours]: creation(ledger, large, () => 'large'),
      [baseline]: creation(ledger, SMALL, () => 'small'),
    },
    effort.roundsFor(large),
  );
  return [
    compare('one record of a large batch', timings, {
      ours,
      baseline,
      aim: FLAT,
      per: { ours: large, baseline: SMALL },
    }),
  ];
}

async function byTenants({ effort, cleanup }: Bench): Promise<Figure[]> {
  const tenants = effort.quick ? 100 : 1_000;
  const [crowded, lonely] = [await openWorld(cleanup), await openWorld(cleanup)];
  for (let tenant = 1; tenant < tenants; tenant++)
    await createByLedger(crowded.ledger, storedPatients(`tenant-${tenant}`, 1));
  const tenantOf = () => 'tenant-0';
  const [ours, baseline] = [`${tenants} tenants`, 'one tenant'];
  const created = await interleaved(
    {
      [ours]: creation(crowded.ledger, SMALL, tenantOf),
      [baseline]: creation(lonely.ledger, SMALL, tenantOf),
    },
    effort.roundsFor(SMALL),
  );
  const listed = await interleaved(
    { [ours]: firstPage(crowded.ledger, 'tenant-0'), [baseline]: firstPage(lonely.ledger, 'tenant-0') },
    effort.roundsFor(SMALL),
  );
  return [
    compare(`create ${SMALL} among many tenants`, created, { ours, baseline, aim: FLAT }),
    compare('first page of 50 among many tenants', listed, { ours, baseline, aim: FLAT }),
  ];
}

async function byHistory({ effort, cleanup }: Bench): Promise<Figure[]> {
  const earlier = effort.quick ? 1_000 : 10_000;
  const { ledger } = await openWorld(cleanup);
  // All on one record, so that the two tenants differ in their history alone.
  const seeded = async (tenant: string, batches: number) => {
    const [patient] = storedPatients(tenant, 1);
    if (!patient) return;
    await createByLedger(ledger, [patient]);
    for (let batch = 1; batch < batches; batch++)
      await updateByLedger(ledger, [patient], () => newPhone(batch, 0), new Date().toISOString());
  };
  await seeded('old', earlier);
  await seeded('young', 60);
  const old = `${earlier} earlier batches`;
  // First, while the newest batches of both are of one record each.
  const history = (tenant: string) => ({ run: () => ledger.history(tenant, { limit: 50 }) });
  const read = await interleaved(
    { [old]: history('old'), '60 batches': history('young') },
    effort.roundsFor(SMALL),
  );
  const created = await interleaved(
    {
      [old]: creation(ledger, SMALL, () => 'old'),
      none: creation(ledger, SMALL, () => 'new'),
    },
    effort.roundsFor(SMALL),
  );
  return [
    compare(`create ${SMALL} in a tenant with a past`, created, { ours: old, baseline: 'none', aim: FLAT }),
    compare('newest 50 batches of a long history', read, {
      ours: old,
      baseline: '60 batches',
      aim: FLAT_HISTORY,
    }),
  ];
}
