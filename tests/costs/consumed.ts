import type { Consumption } from '../../local/meter/meter.ts';

/** What a job consumed of AWS. Units are those of DynamoDB; requests count one each unless noted. */
export interface Consumed {
  /** Units by table, as a contract names it; `indexes` is the part of `write` that indexes took. */
  readonly tables: Readonly<Record<string, { read: number; write: number; indexes: number }>>;
  readonly read: number;
  readonly write: number;
  /** Requests to SQS: those of functions, and each queue's pollers at ten messages a request. */
  readonly sqs: number;
  readonly s3: number;
  /** Requests to Secrets Manager and KMS. */
  readonly secrets: number;
  readonly kms: number;
  /** State transitions of standard workflows. */
  readonly transitions: number;
  /** Invocations of functions. */
  readonly invocations: number;
  /** Calls of the API. */
  readonly calls: number;
}

/** What is known of a run at one instant. */
export interface Reading {
  readonly consumption: Consumption;
  readonly transitions: number;
  /** Invocations by function, as `calls()` of the run has them. */
  readonly invocations: Readonly<Record<string, number>>;
}

/** The parts of a run that a reading is judged by. */
export interface Roles {
  /** Names of tables in contracts, by their physical names. */
  readonly tables: ReadonlyMap<string, string>;
  /** Functions behind the API, and those that queues invoke. */
  readonly endpoints: ReadonlySet<string>;
  readonly queueWorkers: ReadonlySet<string>;
}

const rounded = (units: number): number => Math.round(units * 10) / 10;

const sumOf = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0);

function requestsOf(consumption: Consumption, service: string): number {
  const its = Object.entries(consumption.requests).filter(([name]) => name.startsWith(`${service} `));
  return sumOf(its.map(([, count]) => count));
}

/** What was consumed between two readings. */
export function consumedBetween(before: Reading, after: Reading, roles: Roles): Consumed {
  const tables = Object.fromEntries(
    Object.entries(after.consumption.units).flatMap(([physical, now]) => {
      const then = before.consumption.units[physical] ?? { read: 0, write: 0, indexWrite: 0 };
      const used = {
        read: rounded(now.read - then.read),
        write: rounded(now.write - then.write),
        indexes: rounded(now.indexWrite - then.indexWrite),
      };
      return used.read + used.write > 0 ? [[roles.tables.get(physical) ?? physical, used]] : [];
    }),
  );
  const requests = (service: string): number =>
    requestsOf(after.consumption, service) - requestsOf(before.consumption, service);
  const invocations = (of?: ReadonlySet<string>): number =>
    sumOf(
      Object.entries(after.invocations)
        .filter(([name]) => !of || of.has(name))
        .map(([name, count]) => count - (before.invocations[name] ?? 0)),
    );
  return {
    tables,
    read: rounded(sumOf(Object.values(tables).map(({ read }) => read))),
    write: rounded(sumOf(Object.values(tables).map(({ write }) => write))),
    // A poller takes and deletes what it delivers by one request each.
    sqs: requests('sqs') + 2 * invocations(roles.queueWorkers),
    s3: requests('s3'),
    secrets: requests('secretsmanager'),
    kms: requests('kms'),
    transitions: after.transitions - before.transitions,
    invocations: invocations(),
    calls: invocations(roles.endpoints),
  };
}
