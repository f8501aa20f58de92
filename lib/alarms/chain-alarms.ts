import { ownMetric } from '../metrics.ts';
import type { Settings } from '../settings.ts';
import type { AlarmProps } from './alarm.ts';

const halfAnHourMs = 30 * 60_000;

/** Alarms of the driver of the chain, whose metrics functions/content/drive-chain.ts writes. */
export const chainAlarms = ({ stage, stacks }: Settings): AlarmProps[] => [
  {
    name: 'StuckOnChain',
    metric: ownMetric(stage, 'chainWait', 'Maximum'),
    // Fees are raised after five minutes, and a busy chain takes a few rounds of that.
    threshold: halfAnHourMs,
    hurt: 'Creators’ prices are not mined: their batches stay in processing.',
    runbook: 'Stuck on the chain',
  },
  {
    name: 'UnconfirmedOnChain',
    metric: ownMetric(stage, 'chainConfirmingWait', 'Maximum'),
    // Half an hour for each burn block, which takes ten minutes on most days.
    threshold: stacks.confirmations * halfAnHourMs,
    hurt: 'Creators’ prices are in a block and get no confirmations: their batches stay in processing.',
    runbook: 'Unconfirmed on the chain',
  },
  {
    name: 'ForkedChain',
    metric: ownMetric(stage, 'chainForked', 'Sum'),
    threshold: 0,
    hurt: 'The chain took prices back: they are sent again, or an operator has to say so.',
    runbook: 'Taken back by a fork',
  },
];
