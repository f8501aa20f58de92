import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { byName } from '../core/by-name.ts';
import { type TableName, tables } from '../core/contract/resources.ts';
import { tablesWithPrefix, type WholeTables, wholeTables } from '../core/dynamo/scan.ts';
import { verifyTables } from '../core/verify/run.ts';
import type { Finding, VerifyDeps } from '../core/verify/verifier.ts';
import { repairs, verifiers } from '../functions/verifiers.ts';
import { region, rootAccessKey } from '../local/account.ts';

const usage = `npm run verify-tables -- --stage prod | --tables PREFIX  [--url http://127.0.0.1:…] [--repair [--yes]]

--stage   the tables of this stage, in the account and Region of the AWS credentials
--tables  tables whose names are this prefix and then patients, messaging, …: restored ones, for example
--url     the AWS endpoint that npm start prints; the stage is local then
--repair  says what would be undone in patients and contacts so that each transaction is whole;
          with --yes does it. Stop everything that writes before (docs/operating.md, "Restore").`;

const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    tables: { type: 'string' },
    url: { type: 'string' },
    repair: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Of a tenant in a key only a digest is shown, since customers name them. */
const shownKey = ({ pk, sk }: Finding['key']): string => {
  const [kind = '', ...rest] = pk.split('#');
  const digest = createHash('sha256').update(rest.join('#')).digest('hex').slice(0, 12);
  return [rest.length > 0 ? `${kind}#${digest}` : kind, sk].filter(Boolean).join(' / ');
};

async function namesOf(found: WholeTables): Promise<Record<TableName, string>> {
  const stage = values.stage ?? (values.url ? 'local' : undefined);
  const prefix = values.tables ?? (stage && `bulkhead-${stage}-Tables`);
  if (prefix === undefined) throw new Error(usage);
  const names = await tablesWithPrefix(found, prefix, tables);
  const missing = tables.filter((table) => names[table] === undefined);
  if (missing.length > 0)
    throw new Error(`there are no tables ${missing.map((table) => `${prefix}${table}`).join(', ')}`);
  return byName(tables, (table) => String(names[table]));
}

/** Strongly consistent reads take a unit for 4 KB; a recorded change costs another for its record. */
const bytesPerUnit = 4_096;
/** An id in a manifest, with its quotes, comma and kind. */
const bytesPerChange = 40;

async function tellCosts(found: WholeTables, names: Record<TableName, string>): Promise<void> {
  let units = 0;
  for (const table of tables) {
    const { bytes, items } = await found.sizeOf(names[table]);
    const more = table === 'audit' ? bytes / bytesPerChange : 0;
    units += Math.ceil(bytes / bytesPerUnit + more);
    console.log(`${table}: ${items} items, ${bytes} bytes (${names[table]})`);
  }
  console.log(`About ${units} read units, and 3 for each partition.`);
}

async function repairAll(found: WholeTables, names: Record<TableName, string>): Promise<boolean> {
  const deps: VerifyDeps = { store: found.store, table: (name) => names[name] };
  const isDry = !values.yes;
  let isWhole = true;
  for (const ledger of ['patients', 'messaging'] as const) {
    const tenants = new Set<string>();
    for await (const pk of found.partitions(names[ledger], true)) {
      const [kind, ...rest] = pk.split('#');
      if (kind === 'HEAD' || kind === 'REC' || kind === 'KEY') tenants.add(rest.join('#'));
    }
    for (const tenant of tenants) {
      const repair = await repairs[ledger](deps, tenant, { now: Date.now(), isDry });
      if (repair.stuck > 0) isWhole = false;
      if (repair.undone + repair.rolledBack + repair.stuck > 0 || repair.head)
        console.log(
          `${isDry ? 'would repair' : 'repaired'} ${ledger} ${shownKey({ pk: `HEAD#${tenant}` })}: ` +
            `${repair.undone} transactions undone, ${repair.rolledBack} records rolled back, ` +
            `${repair.stuck} left as they are, HEAD ${repair.head ? 'renumbered' : 'right'}`,
        );
    }
  }
  return isWhole;
}

if (values.help) {
  console.log(usage);
} else {
  const local = {
    endpoint: values.url,
    region,
    credentials: { accessKeyId: rootAccessKey, secretAccessKey: 'local' },
  };
  const found = wholeTables(values.url ? local : {});
  const names = await namesOf(found);
  await tellCosts(found, names);
  const isRepaired = values.repair ? await repairAll(found, names) : true;
  const { partitions, findings } = await verifyTables({
    ...{ tables: found, names, verifiers, pause },
    onFinding: (finding) => console.log(`${finding.table}: ${finding.rule}: ${shownKey(finding.key)}`),
  });
  for (const table of tables) console.log(`${table}: ${partitions[table]} partitions verified`);
  console.log(findings.length === 0 ? 'Everything is as promised.' : `${findings.length} findings.`);
  if (findings.length > 0 || !isRepaired) process.exitCode = 1;
}
