import { signPrice } from '../../../functions/content/chain/contract-call.ts';
import { makeLog } from '../../../local/log.ts';
import { openStacksStandIn } from '../../../local/stacks/stand-in.ts';
import { platform } from '../../content/platform.ts';
import { startTable } from '../../core/batch/table.ts';
import { broadcastInLoop } from '../baselines/broadcast-loop.ts';
import { temporaryFolder } from '../cleanup.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { interleaved } from '../rounds.ts';

export const title = 'Prices on the chain';
export const about =
  'A batch of 100 prices from its opening until the chain has confirmed all of them, against the local Stacks node alone: the same calls, signed before, sent twenty at a time and waited for. The node mines every 40 ms, so both have to wait for five blocks.';

const PRICES = 100;
const FEE = 3_000;

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const table = await startTable();
  cleanup.later(() => table.stop());
  const stacks = await openStacksStandIn(await temporaryFolder(cleanup), makeLog());
  cleanup.later(() => stacks.stop());
  process.env.CONTENT_TABLE = table.name;
  const world = { table, stacksUrl: stacks.url };
  const ours = await platform(world, 'ours', PRICES, { confirmations: 1, apiLagMs: 0 });
  const theirs = await platform(world, 'theirs', PRICES);

  let nonce = 0;
  const sign = async (): Promise<string[]> => {
    const calls = theirs.ids.map((contentId, n) =>
      signPrice({ contentId, price: nonce }, { nonce: nonce + n, fee: FEE }, theirs.signer, theirs.settings),
    );
    return (await Promise.all(calls)).map(({ raw }) => raw);
  };
  let signed: string[] = [];
  const timings = await interleaved(
    {
      batch: { run: async () => ours.through(await ours.setPrice(1)) },
      'the node alone': {
        prepare: async () => {
          signed = await sign();
        },
        run: async () => {
          await broadcastInLoop(theirs.node, theirs.signer.address, nonce, signed);
          nonce += PRICES;
        },
      },
      signing: { run: sign },
    },
    effort.roundsFor(PRICES),
  );
  const per = { ours: PRICES, baseline: PRICES };
  return (['batch', 'signing'] as const).map((name) =>
    compare(`${name}, one price`, timings, { ours: name, baseline: 'the node alone', per }),
  );
}
