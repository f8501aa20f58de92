import { assertVersion } from '../../core/dynamo/version.ts';
import { invariant } from '../../core/invariant.ts';
import {
  everyItem,
  type Finding,
  type Verifier,
  type VerifyDeps,
  visitItems,
} from '../../core/verify/verifier.ts';
import { ClinikoSettings } from './account/settings.ts';
import { dueKey, duePartition, logKey, runningKey, runningPartition, settingsKey, stateKey } from './keys.ts';
import { Organization } from './organization.ts';
import { StoredPatient } from './patients/patient.ts';
import { SyncLog } from './sync/sync-log.ts';
import { asSyncState, emptyState, type Holdings } from './sync/sync-state.ts';

const table = 'cliniko';

/** The organisation of a partition key: an organisation's id has no `#`. */
function organizationIn(pk: string): Organization {
  const name = pk.slice(pk.indexOf('#') + 1);
  const end = name.indexOf('#');
  return { orgId: name.slice(0, end), tenant: name.slice(end + 1) };
}

/** An organisation: its settings, the state of its syncs, and its patients by account and standing. */
async function* organizationFindings(deps: VerifyDeps, pk: string): AsyncGenerator<Finding> {
  const organization = organizationIn(pk);
  let state = emptyState;
  const counted = new Map<string, number>();
  yield* visitItems(deps, table, pk, async (item) => {
    const sk = String(item.sk);
    if (sk === 'SETTINGS') {
      const { due_at } = ClinikoSettings.parse(item);
      invariant(
        due_at === null || (await deps.store.get(deps.table(table), dueKey(organization, due_at))),
        'an organisation with a schedule is on the list of due syncs',
      );
    } else if (sk === 'STATE') state = asSyncState(item);
    else {
      const [, account = ''] = /^PATIENT#(.*)#/.exec(sk) ?? [];
      const place = `${account} ${StoredPatient.parse(item).standing}`;
      counted.set(place, (counted.get(place) ?? 0) + 1);
    }
  });
  const standings = ['active', 'archived', 'deleted'] as const satisfies (keyof Holdings)[];
  for (const [account, holdings] of Object.entries(state.holdings))
    for (const standing of standings)
      if (holdings[standing] !== (counted.get(`${account} ${standing}`) ?? 0))
        yield { rule: `the state counts the ${standing} patients`, table, key: stateKey(organization) };
  if (!state.run) return;
  if (!(await deps.store.get(deps.table(table), runningKey(organization))))
    yield { rule: 'a running sync is on the list of running syncs', table, key: stateKey(organization) };
  const log = await deps.store.get(deps.table('operations'), logKey(organization, state.run.sync));
  if (!log) yield { rule: 'a running sync has its log', table, key: stateKey(organization) };
}

/** Of syncs with Cliniko. */
export const clinikoVerifiers: Verifier[] = [
  { table, prefix: 'ORG#', verify: organizationFindings },
  everyItem(table, 'TENANT#', (item) => assertVersion(item, 'counter of a tenant')),
  everyItem(table, runningPartition, async (item, deps) => {
    const state = await deps.store.get(deps.table(table), stateKey(Organization.parse(item)));
    invariant(state && asSyncState(state).run, 'what is on the list of running syncs runs');
  }),
  everyItem(table, duePartition, async (item, deps) => {
    const organization = Organization.parse(item);
    const settings = await deps.store.get(deps.table(table), settingsKey(organization));
    const due = settings && ClinikoSettings.parse(settings).due_at;
    invariant(
      due && dueKey(organization, due).sk === item.sk,
      'what is on the list of due syncs is due then',
    );
  }),
  everyItem('operations', 'SYNCS#', (item) => SyncLog.parse(item)),
];
