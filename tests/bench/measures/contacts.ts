import { randomBytes } from 'node:crypto';
import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { read, utils, write } from '@e965/xlsx';
import { parse } from 'csv-parse/sync';
import { recordKey } from '../../../core/ledger/items.ts';
import { chunksOf } from '../../../core/parallel.ts';
import { recordIds } from '../../../core/record-id.ts';
import { newContact } from '../../../functions/messaging/contacts/contact.ts';
import { fieldOf } from '../../../functions/messaging/files/header-words.ts';
import { readTable } from '../../../functions/messaging/files/table.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { interleaved } from '../rounds.ts';
import { somebody, startService, tablesOf } from '../service.ts';

export const title = 'Contacts and files';
export const about = [
  'An import of 1,000 contacts over HTTP against BatchWriteItem × 25 of the same 2,000 items (contacts, and the names of their phones) through the service’s own AWS endpoint, all at once and with nothing read before.',
  'Reading 50,000 rows of 7 columns, with its guard and its rules for cells, against the parser alone.',
].join(' ');

const IMPORT = 1_000;
const ROWS = 50_000;
const IMPORT_AIM = 1.8;

let phones = 0;
/** Mobile numbers that no round before had. */
const newPhones = () => Array.from({ length: IMPORT }, () => `+25571${String(phones++).padStart(7, '0')}`);

const csvOf = (numbers: string[]) =>
  [
    'name,phone_e164,email,tags',
    ...numbers.map((phone, n) => `Person ${n},${phone},p${n}@example.com,vip`),
  ].join('\n');

/** The items that an import of these phones leaves in the table. */
function itemsOf(tenant: string, numbers: string[]) {
  const now = Date.now();
  const ids = recordIds(
    numbers.map(() => tenant),
    now,
    randomBytes,
  );
  const stamps = { tx: 1, c: 1, ver: 1 };
  return numbers.flatMap((phone, n) => {
    const id = ids[n] ?? '';
    const fields = { name: `Person ${n}`, email: `p${n}@example.com`, tags: ['vip'], attributes: {} };
    const contact = newContact(id, phone, fields, null, new Date(now).toISOString());
    const name = `~${randomBytes(16).toString('base64url')}`;
    const entry = { id: name, contact_id: id, opted_out_at: null };
    return [
      { ...recordKey(tenant, id), ix: id, d: JSON.stringify(contact), ...stamps },
      { ...recordKey(tenant, name), d: JSON.stringify(entry), ...stamps },
    ];
  });
}

const writeRaw = (documents: DynamoDBDocumentClient, table: string, items: object[]) =>
  Promise.all(
    chunksOf(items, 25).map((chunk) =>
      documents.send(
        new BatchWriteCommand({ RequestItems: { [table]: chunk.map((Item) => ({ PutRequest: { Item } })) } }),
      ),
    ),
  );

async function importing({ effort, cleanup }: Bench): Promise<Figure> {
  const service = await startService(cleanup);
  const person = await somebody(cleanup, service);
  const documents = tablesOf(cleanup, service);
  let body: object = {};
  let items: object[] = [];
  const timings = await interleaved(
    {
      import: {
        prepare: async () => {
          body = { import_type: 'csv', csv_data: csvOf(newPhones()) };
        },
        run: () => person.api.call('POST', '/api/messaging/contacts/bulk-import/', body),
      },
      'BatchWriteItem × 25': {
        prepare: async () => {
          items = itemsOf('raw', newPhones());
        },
        run: () => writeRaw(documents, service.tables.messaging, items),
      },
    },
    effort.roundsFor(IMPORT),
  );
  return compare(`import ${IMPORT}`, timings, {
    ours: 'import',
    baseline: 'BatchWriteItem × 25',
    aim: IMPORT_AIM,
  });
}

async function reading({ effort }: Bench): Promise<Figure[]> {
  const cells = Array.from({ length: ROWS }, (_, n) => [
    ...[`+25571${String(n).padStart(7, '0')}`, `Person ${n}`, 'Your parcel is here', 'MIFUMO', n],
    ...['Dodoma', `order ${n}`],
  ]);
  const rows = [['phone', 'name', 'message', 'sender_id', 'amount', 'city', 'order'], ...cells];
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'S');
  const xlsx = write(book, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer;
  const csv = Buffer.from(rows.map((row) => row.join(',')).join('\r\n'));
  const isHeader = (cell: string) => fieldOf(cell) !== undefined;
  const rounds = effort.roundsFor(ROWS);
  const workbooks = await interleaved(
    {
      ours: { run: async () => readTable(xlsx, isHeader) },
      'the parser alone': {
        run: async () => read(xlsx, { type: 'buffer', dense: true, cellFormula: false }),
      },
    },
    rounds,
  );
  const texts = await interleaved(
    {
      ours: { run: async () => readTable(csv, isHeader) },
      'the parser alone': { run: async () => parse(csv) },
    },
    rounds,
  );
  const sides = { ours: 'ours', baseline: 'the parser alone' } as const;
  return [
    compare(`read ${ROWS} rows of .xlsx`, workbooks, sides),
    compare(`read ${ROWS} rows of CSV`, texts, sides),
  ];
}

export const run = async (bench: Bench): Promise<Figure[]> => [
  await importing(bench),
  ...(await reading(bench)),
];
