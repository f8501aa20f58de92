import { countAll, readPast } from '../baselines/query-loop.ts';
import { type Bench, compare, type Figure } from '../figure.ts';
import { newPatient, newPatients } from '../patients.ts';
import { interleaved } from '../rounds.ts';
import { somebody, startService, tablesOf } from '../service.ts';

export const title = 'Pages and totals';
export const about =
  'Pages of 50 from the middle of 20,000 patients over HTTP (quick: of 4,000). Cold: a patient was created just before, so nothing that was remembered is still valid. Warm: the same page again.';

/** The most that a page from the middle may take of what the first page takes. */
const aims = { offset: 1.3, cursor: 1.2, warm: 1.2, total: 0.1 };

const LIMIT = 50;

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const total = effort.quick ? 4_000 : 20_000;
  const offset = total / 2;
  const service = await startService(cleanup);
  const { api, tenantId } = await somebody(cleanup, service);
  const documents = tablesOf(cleanup, service);
  const table = service.tables.patients;
  for (let created = 0; created < total; created += 500)
    await api.call('POST', '/api/v1/batch/patients', newPatients(500));

  const page = (query: string) => api.call('GET', `/api/v1/patients?limit=${LIMIT}${query}`);
  const { next_cursor } = JSON.parse((await page(`&offset=${offset - LIMIT}`)).text) as {
    next_cursor: string;
  };
  const addOne = () => api.call('POST', '/api/v1/patients', newPatient(0));
  const cold = (path: string) => ({ prepare: addOne, run: () => cached(path, 'miss') });
  const warm = (path: string) => ({ prepare: () => page(path), run: () => cached(path, 'hit') });
  /** A page that was answered from where it should have been. */
  const cached = async (path: string, expected: 'hit' | 'miss') => {
    const { headers } = await page(path);
    if (headers['x-cache'] !== expected) throw new Error(`The page ${path} was no cache ${expected}`);
  };

  const [middle, byCursor] = [`&offset=${offset}`, `&cursor=${encodeURIComponent(next_cursor)}`];
  const timings = await interleaved(
    {
      'first page': cold(''),
      'first page again': warm(''),
      offset: cold(middle),
      'offset again': warm(middle),
      cursor: cold(byCursor),
      'Query loop to the offset': {
        prepare: addOne,
        run: () => readPast(documents, table, tenantId, offset + LIMIT),
      },
      dashboard: { prepare: addOne, run: () => api.call('GET', '/api/v1/dashboard') },
      'Query loop that counts': { prepare: addOne, run: () => countAll(documents, table, tenantId) },
    },
    effort.roundsFor(LIMIT),
  );
  const offsetName = `offset ${offset} of ${total}`;
  return [
    compare(`${offsetName}, cold`, timings, { ours: 'offset', baseline: 'first page', aim: aims.offset }),
    compare(`${offsetName}, cold`, timings, { ours: 'offset', baseline: 'Query loop to the offset' }),
    compare(`${offsetName}, warm`, timings, {
      ours: 'offset again',
      baseline: 'first page again',
      aim: aims.warm,
    }),
    compare('cursor from the middle, cold', timings, {
      ours: 'cursor',
      baseline: 'first page',
      aim: aims.cursor,
    }),
    compare('first page, warm', timings, { ours: 'first page again', baseline: 'first page' }),
    compare('exact totals (dashboard), cold', timings, {
      ours: 'dashboard',
      baseline: 'Query loop that counts',
      aim: aims.total,
    }),
  ];
}
