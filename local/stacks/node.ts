/**
 * Stand-in for a Stacks node with its API, in a separate process: the simulator is GPL-3.0 and changes
 * JavaScript's built-ins for its whole process, so nothing else may run in it.
 * `node node.ts <file of the ledger> <contract>` prints its port, and ends when its standard input closes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Cl, deserializeCV } from '@stacks/transactions';
import { invariant } from '../../core/invariant.ts';
import { type Faults, makeFaults } from './faults.ts';
import type { Ledger, SeenTx, View } from './ledger.ts';
import { openLedgerFile } from './ledger-file.ts';
import { openSimnet, type Simnet } from './simnet.ts';
import { readTransaction } from './transaction.ts';

/** Interval between two blocks, each with a burn block of its own. The real ones take seconds and minutes. */
const blockIntervalMs = 40;

const [ledgerFile = '', contractFile = ''] = process.argv.slice(2);
const nodeFaults = makeFaults();
const simnet = await openSimnet(contractFile);
const ledger = await openLedgerFile(ledgerFile, {
  ...{ read: readTransaction, contracts: simnet, interference: nodeFaults, now: () => Date.now() },
});
setInterval(() => ledger.mine(), blockIntervalMs);
const server = createServer((request, response) => {
  handleRequest(request, response).catch((error: unknown) => {
    console.error(error);
    reply(response, 500, { error: 'the stand-in failed' });
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  invariant(typeof address === 'object' && address, 'the server listens on a port');
  console.log(address.port);
});
process.stdin.on('end', () => process.exit(0)).resume();

interface NodeAnswer {
  status: number;
  body: unknown;
}

const ok = (body: unknown): NodeAnswer => ({ status: 200, body });
const notFound: NodeAnswer = { status: 404, body: { error: 'not found' } };

async function handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/_faults') {
    const faults = JSON.parse(body.toString() || '{}') as Faults;
    nodeFaults.set(faults);
    if (faults.fork) await ledger.fork(faults.fork);
    return reply(response, 200, {});
  }
  if (pathname === '/_ledger')
    return reply(response, 200, {
      transactions: ledger.all().map(described),
      mostPending: ledger.mostPending,
    });
  const fate = nodeFaults.fate();
  if (fate === 'busy') return reply(response, 503, { error: 'busy' });
  const call = `${request.method} ${pathname}`;
  const lags = nodeFaults.lags();
  const asOf = Date.now() - (pathname.startsWith('/extended') ? lags.api : lags.node);
  const { status, body: answer } = answerTo(
    { ledger, simnet, view: ledger.view(asOf), asOf },
    call,
    body,
    request,
  );
  if (fate === 'lost') request.socket.destroy();
  else reply(response, status, answer);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** The node that answers, and the instant of the chain that it is at, in milliseconds since the epoch. */
interface Node {
  ledger: Ledger;
  simnet: Simnet;
  view: View;
  asOf: number;
}

function answerTo(
  { ledger, simnet, view, asOf }: Node,
  call: string,
  body: Buffer,
  request: IncomingMessage,
): NodeAnswer {
  const [, one = '', two = '', three = ''] =
    /^(?:GET|POST) \/(?:v2|extended\/v1)\/[\w-]+\/(?:call-read\/|interface\/)?([^/]+)\/?([^/]*)\/?([^/]*)/.exec(
      call,
    ) ?? [];
  if (call === 'GET /v2/info')
    return ok({
      ...{ network_id: 2_147_483_648, stacks_tip_height: view.height, burn_block_height: view.height },
    });
  if (call === 'GET /extended')
    return ok({
      status: 'ready',
      chain_tip: { block_height: view.height, burn_block_height: view.height },
    });
  if (call === 'GET /v2/fees/transfer') return ok(1);
  if (call === 'POST /v2/transactions') return taken(ledger, rawOf(body, request), asOf);
  if (call.startsWith('GET /v2/accounts/')) {
    const balance = ledger.balanceOf(one);
    return ok({
      nonce: view.nonceOf(one),
      balance: `0x${balance.toString(16).padStart(32, '0')}`,
      locked: '0x0',
      unlock_height: 0,
    });
  }
  if (/^GET \/extended\/v1\/address\/[^/]+\/nonces$/.test(call)) {
    const known = view.sentBy(one);
    const lastOf = (txs: SeenTx[]) => (txs.length > 0 ? Math.max(...txs.map(({ nonce }) => nonce)) : null);
    const [last, pending] = [lastOf(known.filter(({ block }) => block)), lastOf(known)];
    return ok({
      last_executed_tx_nonce: last,
      last_mempool_tx_nonce: pending,
      possible_next_nonce: Math.max(last ?? -1, pending ?? -1) + 1,
      detected_missing_nonces: [],
    });
  }
  if (call.startsWith('GET /extended/v1/tx/')) {
    const tx = view.find(one.startsWith('0x') ? one : `0x${one}`);
    return tx ? ok(described(tx)) : notFound;
  }
  if (call.startsWith('GET /v2/contracts/interface/')) {
    const found = simnet.interfaceOf(`${one}.${two}`);
    return found ? ok(found) : notFound;
  }
  if (call.startsWith('POST /v2/contracts/call-read/')) {
    const { arguments: args = [] } = JSON.parse(body.toString()) as { arguments?: string[] };
    if (!simnet.has(`${one}.${two}`)) return notFound;
    const { hex } = simnet.read(
      `${one}.${two}`,
      three,
      args.map((arg) => deserializeCV(arg)),
    );
    return ok({ okay: true, result: hex });
  }
  return notFound;
}

/** The transaction in hexadecimal; the request has it as JSON or as bytes. */
const rawOf = (body: Buffer, { headers }: IncomingMessage): string =>
  headers['content-type']?.startsWith('application/json')
    ? (JSON.parse(body.toString()) as { tx: string }).tx.replace(/^0x/, '')
    : body.toString('hex');

function taken(ledger: Ledger, raw: string, asOf: number): NodeAnswer {
  const end = ledger.take(raw, asOf);
  if ('id' in end) return ok(end.id.slice(2));
  return { status: 400, body: { error: 'transaction rejected', ...end } };
}

const described = ({ id, nonce, fee, sender, state, result, block, call }: SeenTx) => ({
  tx_id: id,
  nonce,
  fee_rate: String(fee),
  sender_address: sender,
  tx_status: state,
  tx_type: 'contract_call',
  contract_call: {
    contract_id: call.contract,
    function_name: call.name,
    function_args: call.args.map((arg) => ({ repr: Cl.prettyPrint(arg) })),
  },
  ...(result
    ? {
        tx_result: { hex: result.hex, repr: result.repr },
        ...{ block_height: block, burn_block_height: block, canonical: true },
      }
    : {}),
});
