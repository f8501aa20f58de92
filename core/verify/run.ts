import { type TableName, tablesWithoutSortKey } from '../contract/resources.ts';
import { nameOf } from '../dynamo/get-all.ts';
import type { WholeTables } from '../dynamo/scan.ts';
import type { Finding, Verifier, VerifyDeps } from './verifier.ts';
import { brokenRule } from './verifier.ts';

export interface Verified {
  /** Partitions read of each table. */
  partitions: Partial<Record<TableName, number>>;
  findings: Finding[];
}

export interface Verification {
  tables: Pick<WholeTables, 'store' | 'partitions'>;
  /** The deployed names of the tables that are verified. */
  names: Readonly<Record<TableName, string>>;
  verifiers: readonly Verifier[];
  pause(milliseconds: number): Promise<unknown>;
  /** Called with each finding at once. */
  onFinding?(finding: Finding): void;
}

/**
 * Times that a partition with a finding is looked at, since the service may be at work on it: only what is
 * found each time is a finding.
 */
const looksMax = 4;
const betweenLooksMs = 1_000;

/** Verifies tables, partition by partition; of none of them more is kept than its findings. */
export async function verifyTables(verification: Verification): Promise<Verified> {
  const { tables, names, verifiers } = verification;
  const deps: VerifyDeps = { store: tables.store, table: (name) => names[name] };
  const verified: Verified = { partitions: {}, findings: [] };
  for (const table of Object.keys(names) as TableName[]) {
    let partitions = 0;
    for await (const pk of tables.partitions(names[table], !tablesWithoutSortKey.has(table))) {
      partitions += 1;
      for (const finding of await lasting(verification, deps, table, pk, verifiers)) {
        verification.onFinding?.(finding);
        verified.findings.push(finding);
      }
    }
    verified.partitions[table] = partitions;
  }
  return verified;
}

async function lasting(
  { pause }: Pick<Verification, 'pause'>,
  deps: VerifyDeps,
  table: TableName,
  pk: string,
  verifiers: readonly Verifier[],
): Promise<Finding[]> {
  const its = verifiers.filter((one) => one.table === table && pk.startsWith(one.prefix));
  if (its.length === 0) return [{ rule: 'a partition is of a known kind', table, key: { pk } }];
  let found: Map<string, Finding> | undefined;
  for (let look = 0; look < looksMax && found?.size !== 0; look++) {
    if (look > 0) await pause(betweenLooksMs);
    const now = new Map<string, Finding>();
    for (const { verify } of its) {
      const broken = await brokenRule(async () => {
        for await (const finding of verify(deps, pk))
          now.set(`${finding.rule} ${finding.table} ${nameOf(finding.key)}`, finding);
      });
      if (broken !== undefined) now.set(broken, { rule: broken, table, key: { pk } });
    }
    const before = found;
    found = before ? new Map([...now].filter(([name]) => before.has(name))) : now;
  }
  return [...(found?.values() ?? [])];
}
