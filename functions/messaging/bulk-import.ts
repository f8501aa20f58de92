import { randomBytes } from 'node:crypto';
import { timestamp } from '../../core/clock.ts';
import { recordIds } from '../../core/record-id.ts';
import { serve } from '../../core/serve.ts';
import { decideImport, importReply } from './contact-import.ts';
import { writeContacts } from './contact-store.ts';
import { contactEndpoints } from './contacts-api.ts';
import { importRows } from './import-request.ts';
import { readImportRow } from './import-row.ts';
import { phoneNames } from './phone-key.ts';

export const handler = serve(contactEndpoints.bulkImport, async ({ body, caller, clock, answer }) => {
  const tenant = caller.tenantId;
  const read = importRows(body).map(({ row, meanings }) => readImportRow(row, meanings));
  const candidates = read.filter((one) => 'phone' in one);
  const errors = read.filter((one) => 'error' in one);
  const nameOf = await phoneNames(tenant, true);
  const ids = recordIds(
    candidates.map(() => tenant),
    clock.now(),
    randomBytes,
  );
  const asked = { candidates, options: body, tenant, ids, nameOf, at: timestamp(clock.now()) };
  return await writeContacts({
    tenant,
    actor: caller.userId,
    reads: [...new Set(candidates.map(({ phone }) => nameOf(phone)))],
    decide: (find) => {
      const { changes, result } = decideImport(asked, find);
      return { changes, result: importReply(result, errors, read.length) };
    },
    answer,
  });
});
