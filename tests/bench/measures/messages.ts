import { performance } from 'node:perf_hooks';
import type { Bench, Figure } from '../figure.ts';
import { median } from '../rounds.ts';
import { type Person, type Service, somebody, startService } from '../service.ts';

export const title = 'Text messages';
export const about =
  'From the request to its answer: everything is checked, stored and on its way. Each batch is cancelled then, so that the next one is alone.';

/** What each may take at most, in milliseconds, on two cores. */
const aims = { send: 5_000, upload: 20_000 };

const RECIPIENTS = 10_000;
const ROWS = 50_000;

const phones = (count: number) =>
  Array.from({ length: count }, (_, n) => `+25571${String(n).padStart(7, '0')}`);

async function post({ url }: Service, { token }: Person, path: string, body: FormData | string) {
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(typeof body === 'string' ? { 'Content-Type': 'application/json' } : {}),
  };
  const response = await fetch(`${url}/api/messaging/sms/${path}`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as { batch_id?: string; upload_id?: string };
}

export async function run({ effort, cleanup }: Bench): Promise<Figure[]> {
  const service = await startService(cleanup);
  const { rounds } = effort.roundsFor(5_000);

  async function measured(
    name: string,
    aim: number,
    path: string,
    body: () => FormData | string,
  ): Promise<Figure> {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // Limits are for each user.
      const person = await somebody(cleanup, service);
      const begun = performance.now();
      const { batch_id, upload_id } = await post(service, person, path, body());
      times.push(performance.now() - begun);
      await post(service, person, `batches/${batch_id ?? upload_id}/cancel`, '{}');
    }
    return { name, unit: 'ms', ours: median(times), aim, rounds };
  }

  const contacts = phones(RECIPIENTS).map((phone) => ({ phone, name: 'Somebody' }));
  const request = JSON.stringify({ contacts, message: 'Hello {{name}}', sender_id: 'BENCH' });
  const lines = phones(ROWS).map((phone, n) => `${phone},Name ${n},"Hello, number ${n}"`);
  const csv = ['Phone,Name,Message', ...lines].join('\n');
  const form = () => {
    const fields = new FormData();
    fields.append('sender_id', 'BENCH');
    fields.append('file', new Blob([csv]), 'bench.csv');
    return fields;
  };
  return [
    await measured(`bulk-send of ${RECIPIENTS}`, aims.send, 'bulk-send', () => request),
    await measured(`bulk-upload of ${ROWS} rows`, aims.upload, 'bulk-upload', form),
  ];
}
