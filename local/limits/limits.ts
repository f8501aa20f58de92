import { CannotStart } from '../cannot-start.ts';

/**
 * Limits and faults of AWS that the engines on one machine do not have. Units are DynamoDB's capacity units;
 * a share is a probability from 0 to 1; infinity means no limit.
 */
export interface Limits {
  /** Begins the random choices, when the run starts. Faults also depend on the order of requests. */
  readonly seed: number;
  /**
   * Units per second of one partition key of a table with a local index, which DynamoDB cannot split; of
   * other tables, where it can, of one item.
   */
  readonly partitionWritesMax: number;
  readonly partitionReadsMax: number;
  /** Units per second of one table. */
  readonly tableWritesMax: number;
  readonly tableReadsMax: number;
  /** Bytes of the items and index entries under one partition key of a table with a local index. */
  readonly collectionBytesMax: number;
  /**
   * Up to this time, in milliseconds, DynamoDB takes before and again after the effect of a request. In it, a
   * transaction meets other writes; 0 lets none meet.
   */
  readonly requestMs: number;
  /** Share of DynamoDB requests that are throttled although there is capacity. */
  readonly throttledShare: number;
  /** Share of DynamoDB requests that are answered with InternalServerError and have no effect. */
  readonly failedShare: number;
  /** Share of DynamoDB requests that take effect, and then are answered with an error, or not at all. */
  readonly lostShare: number;
  /** Share of KMS requests that are throttled and have no effect. */
  readonly kmsThrottledShare: number;
  /** Share of deliveries of SQS messages, one or several, that are made twice at the same time. */
  readonly doubledShare: number;
  /** Share of SQS messages that are delivered up to two seconds late, behind younger ones. */
  readonly lateShare: number;
  /** Invocations of all functions together that may run at one time. */
  readonly executionsMax: number;
}

/** No limit and no fault: what the engines do by themselves. */
export const noLimits: Limits = {
  seed: 1,
  partitionWritesMax: Number.POSITIVE_INFINITY,
  partitionReadsMax: Number.POSITIVE_INFINITY,
  tableWritesMax: Number.POSITIVE_INFINITY,
  tableReadsMax: Number.POSITIVE_INFINITY,
  collectionBytesMax: Number.POSITIVE_INFINITY,
  requestMs: 0,
  throttledShare: 0,
  failedShare: 0,
  lostShare: 0,
  kmsThrottledShare: 0,
  doubledShare: 0,
  lateShare: 0,
  executionsMax: Number.POSITIVE_INFINITY,
};

/**
 * A new account's limits, and more faults than AWS has. Units per partition and per new on-demand table:
 * developer guide, "Burst and adaptive capacity" (bursts are left out, since no writer may count on them)
 * and "On-demand capacity mode". 10 concurrent executions: what new accounts were found to have. A partition
 * holds 10 GB (developer guide, "Item collections"), which no local run reaches: `collectionBytesMax` stands
 * for them.
 */
export const awsLimits: Limits = {
  seed: 1,
  partitionWritesMax: 1_000,
  partitionReadsMax: 3_000,
  tableWritesMax: 4_000,
  tableReadsMax: 12_000,
  collectionBytesMax: Number.POSITIVE_INFINITY,
  requestMs: 8,
  throttledShare: 0.01,
  failedShare: 0.005,
  lostShare: 0.005,
  kmsThrottledShare: 0.01,
  doubledShare: 0.02,
  lateShare: 0.05,
  executionsMax: 10,
};

/**
 * Reads the variable LIMITS: `aws`, or `aws,seed=7,collectionBytesMax=1000000` to set single limits.
 *
 * @returns `undefined` for an empty text: no limits.
 * @throws CannotStart for any other text.
 */
export function readLimits(text: string | undefined): Limits | undefined {
  if (!text) return undefined;
  const [base, ...settings] = text.split(',');
  const known: Readonly<Record<string, number>> = { ...awsLimits };
  const set = settings.map((setting) => {
    const [name = '', value = ''] = setting.split('=');
    if (known[name] === undefined || !/^\d+(\.\d+)?$/.test(value)) throw cannotRead(text);
    return [name, Number(value)] as const;
  });
  if (base !== 'aws') throw cannotRead(text);
  return { ...awsLimits, ...Object.fromEntries(set) };
}

const cannotRead = (text: string): CannotStart =>
  new CannotStart(
    `LIMITS is ${text}, which is not aws, or aws with settings like aws,seed=7: ${Object.keys(awsLimits).join(', ')}`,
  );
