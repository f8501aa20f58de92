import { batchVerifiers } from '../../core/batch/verify.ts';
import { assertVersion } from '../../core/dynamo/version.ts';
import { invariant } from '../../core/invariant.ts';
import {
  everyItem,
  type Finding,
  type Verifier,
  type VerifyDeps,
  visitItems,
} from '../../core/verify/verifier.ts';
import { contentKey } from './batch/operation.ts';
import {
  ConfirmingItem,
  leaseKey,
  NonceItem,
  SignerState,
  WaitingPriceJob,
  waitingJobsPartition,
} from './chain/items.ts';
import { ContentRecord } from './content.ts';

const table = 'content';
const batches = batchVerifiers('content');

/** A signer: nonces are given out without a gap. */
async function* signerFindings(deps: VerifyDeps, pk: string): AsyncGenerator<Finding> {
  const nonces = new Set<number>();
  let state: SignerState | undefined;
  yield* visitItems(deps, table, pk, (item) => {
    if (item.sk === 'STATE') state = SignerState.parse(item);
    else nonces.add(NonceItem.parse(item).nonce);
  });
  const key = { pk, sk: 'STATE' };
  if (!state) {
    if (nonces.size > 0) yield { rule: 'nonces have a numbering', table, key };
    return;
  }
  const { confirmed, mined = confirmed, next } = state;
  if (confirmed > mined || mined > next)
    yield {
      rule: 'nonces are settled after they are in a block, and that after they are given out',
      table,
      key,
    };
  const open = Array.from({ length: Math.max(0, next - confirmed) }, (_, n) => confirmed + n);
  if (open.some((nonce) => !nonces.has(nonce)) || [...nonces].some((nonce) => nonce >= next))
    yield { rule: 'each nonce that was given out and is not settled has its call', table, key };
}

/** Of content, its batches and the chain. */
export const contentVerifiers: Verifier[] = [
  everyItem(table, 'CONTENT#', (item) => ContentRecord.parse(item)),
  everyItem(table, waitingJobsPartition, async (item, deps) => {
    const { contentId } = WaitingPriceJob.parse(item);
    invariant(
      await deps.store.get(deps.table(table), contentKey(contentId)),
      'a waiting price has its content',
    );
  }),
  { table, prefix: 'SIGNER#', verify: signerFindings },
  everyItem(table, 'CONFIRMING#', (item) => ConfirmingItem.parse(item)),
  everyItem(table, leaseKey.pk, (item) => assertVersion(item, 'lease')),
  ...batches,
];
