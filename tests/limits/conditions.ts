import { awsLimits, type Limits, noLimits } from '../../local/limits/limits.ts';

/**
 * Conditions of AWS, one by one and together. Rates are a tenth of AWS's, so that a load that two cores can
 * make reaches them; faults are far more frequent than AWS's.
 */
export const conditions: Readonly<Record<string, Limits>> = {
  'no limits': noLimits,
  'rates of partitions and tables': {
    ...noLimits,
    ...{ partitionWritesMax: 100, partitionReadsMax: 300, tableWritesMax: 400, tableReadsMax: 1_200 },
  },
  'conflicts of transactions': { ...noLimits, requestMs: 20 },
  'throttling in all its shapes': { ...noLimits, throttledShare: 0.1 },
  'faults before and after effect': { ...noLimits, failedShare: 0.05, lostShare: 0.05 },
  'queues that double and reorder': { ...noLimits, doubledShare: 0.3, lateShare: 0.3 },
  'ten executions': { ...noLimits, executionsMax: 10 },
  'all of AWS': awsLimits,
};
