/** `npm run verify-tables` says which promises whole tables do not hold, and undoes torn transactions. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type TableName, tables } from '../core/contract/resources.ts';
import { type WholeTables, wholeTables } from '../core/dynamo/scan.ts';
import { verifyTables } from '../core/verify/run.ts';
import type { Finding, VerifyDeps } from '../core/verify/verifier.ts';
import { repairs, verifiers } from '../functions/verifiers.ts';
import { commandLine, jsonOption, misused } from '../lib/command-line.ts';
import { deployedTables } from '../lib/deployed-tables.ts';
import { explain } from '../lib/explain.ts';
import { readSettings } from '../lib/settings.ts';
import { region as localRegion, rootAccessKey } from '../local/account.ts';
import { cdkContext } from '../local/assembly.ts';
import { root } from '../local/project.ts';

const usage = `npm run verify-tables -- --stage prod | --tables PREFIX  [--region eu-west-1] [--settings '{…}']
                         [--url http://127.0.0.1:…] [--repair [--yes]]

--stage     the tables of this stage, in the account and Region of the AWS credentials; where its setting
            tableNames names a table, that one
--tables    tables whose names are this prefix and then patients, messaging, …: restored ones, for example
--region    another Region than that of the environment or the profile
--settings  settings of the stage over those of cdk.json, as it was deployed with
--url       the AWS endpoint that npm start prints; the stage is local then
--repair    says what would be undone in patients and contacts so that each transaction is whole;
            with --yes does it. Stop everything that writes before (docs/operating.md, "Restore").`;

const { values } = commandLine(usage, {
  options: {
    stage: { type: 'string' },
    tables: { type: 'string' },
    region: { type: 'string' },
    settings: { type: 'string' },
    url: { type: 'string' },
    repair: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
  },
});

/** Of a tenant in a key only a digest is shown, since customers name them. */
const shownKey = ({ pk, sk }: Finding['key']): string => {
  const [kind = '', ...rest] = pk.split('#');
  const digest = createHash('sha256').update(rest.join('#')).digest('hex').slice(0, 12);
  return [rest.length > 0 ? `${kind}#${digest}` : kind, sk].filter(Boolean).join(' / ');
};

/** The deployed names of the tables that the command line names. */
async function namesOf(found: WholeTables): Promise<Record<TableName, string>> {
  const stage = values.stage ?? (values.url ? 'local' : undefined);
  if (values.tables !== undefined) return await deployedTables(found, values.tables);
  if (stage === undefined) return misused(usage, 'name a stage, or the prefix of tables');
  const own = jsonOption(usage, 'settings', values.settings);
  const { tableNames } = readSettings(stage, cdkContext(root).stages, own);
  return await deployedTables(found, `bulkhead-${stage}-Tables`, tableNames);
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

/** The settings of AWS's clients: the shell's, or those of a local run. */
const config = () => {
  const { url, region } = values;
  if (url === undefined) return region ? { region } : {};
  const credentials = { accessKeyId: rootAccessKey, secretAccessKey: 'local' };
  return { endpoint: url, region: localRegion, credentials };
};

async function verifyAll(): Promise<boolean> {
  const found = wholeTables(config());
  const names = await namesOf(found);
  await tellCosts(found, names);
  const isRepaired = values.repair ? await repairAll(found, names) : true;
  const { partitions, findings } = await verifyTables({
    ...{ tables: found, names, verifiers, pause },
    onFinding: (finding) => console.log(`${finding.table}: ${finding.rule}: ${shownKey(finding.key)}`),
  });
  for (const table of tables) console.log(`${table}: ${partitions[table]} partitions verified`);
  console.log(findings.length === 0 ? 'Everything is as promised.' : `${findings.length} findings.`);
  return findings.length === 0 && isRepaired;
}

if (values.yes && !values.repair) misused(usage, '--yes belongs to --repair');
try {
  if (!(await verifyAll())) process.exitCode = 1;
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
