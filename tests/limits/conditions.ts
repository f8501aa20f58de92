import { awsLimits, type Limits, noLimits } from '../../local/limits/limits.ts';

/** What a run counts of limits and faults. */
type Met = 'throttled' | 'conflict' | 'failed' | 'lost' | 'doubled' | 'late';

interface Condition {
  limits: Limits;
  /** What a run under it has to meet, or nothing would be proved. */
  meets: Met[];
  /** True if callers meet it, too, as the gateway's 503. */
  refusesCallers?: boolean;
}

/**
 * Conditions of AWS, one by one and together. Where they come one by one, rates are a tenth of AWS's, so that
 * a load that two cores can make reaches them; faults are far more frequent than AWS's.
 */
export const conditions: Readonly<Record<string, Condition>> = {
  'no limits': { limits: noLimits, meets: [] },
  'rates of partitions and tables': {
    limits: {
      ...noLimits,
      ...{ partitionWritesMax: 100, partitionReadsMax: 300, tableWritesMax: 400, tableReadsMax: 1_200 },
    },
    meets: ['throttled'],
  },
  'conflicts of transactions': { limits: { ...noLimits, requestMs: 20 }, meets: ['conflict'] },
  'throttling in all its shapes': { limits: { ...noLimits, throttledShare: 0.1 }, meets: ['throttled'] },
  'faults before and after effect': {
    limits: { ...noLimits, failedShare: 0.05, lostShare: 0.05 },
    meets: ['failed', 'lost'],
  },
  'queues that double and reorder': {
    limits: { ...noLimits, doubledShare: 0.3, lateShare: 0.3 },
    meets: ['doubled', 'late'],
  },
  'ten executions': { limits: { ...noLimits, executionsMax: 10 }, meets: [], refusesCallers: true },
  'all of AWS': {
    limits: awsLimits,
    meets: ['throttled', 'conflict', 'late'],
    refusesCallers: true,
  },
};
