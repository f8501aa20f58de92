import * as z from 'zod';
import { ClinikoFault, FailedCall } from '../faults.ts';
import { askCliniko, type ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';
import { repeatCall } from './repeat-call.ts';

/** Bounds of what is stored while a step is postponed; ids of Cliniko have up to 19 digits. */
const idLengthMax = 64;
const nameLengthMax = 200;

const AccountSettings = z.object({
  account: z.object({
    id: z
      .union([z.string().max(idLengthMax), z.number()])
      .nullish()
      .transform((id) => (id == null ? null : String(id))),
    // Only shown, so one that is no name is as none.
    name: z.string().max(nameLengthMax).nullable().catch(null),
  }),
});

/** Name and id of an account, as far as its key may read them. */
const AccountName = z.object({ id: z.string().nullable(), name: z.string().nullable() });
type AccountName = z.output<typeof AccountName>;

/** One of the lists of settings; `null` if the key may not read it. */
async function readSettings(
  account: ClinikoAccount,
  path: string,
  deps: ClinikoDeps,
): Promise<AccountName | null> {
  const asked = repeatCall(deps, async () => {
    const answer = await askCliniko(account, path, deps);
    // Not taken for an account without an id: its patients would be stored as those of another account.
    if (answer === undefined) throw new ClinikoFault('ClinikoForbidden');
    const settings = AccountSettings.safeParse(answer);
    if (!settings.success) throw new FailedCall('unexpected');
    return settings.data.account;
  });
  return await asked.catch((error: unknown) => {
    if (error instanceof ClinikoFault && error.name === 'ClinikoForbidden') return null;
    throw error;
  });
}

/**
 * Loads the name and id of a Cliniko account. Only its administrators may read all settings, every user the
 * public ones; both are `null` if the key may read neither.
 *
 * @throws as `repeatCall` and `askCliniko`.
 */
export async function accountName(account: ClinikoAccount, deps: ClinikoDeps): Promise<AccountName> {
  for (const path of ['settings', 'settings/public']) {
    const settings = await deps.once(path, AccountName.nullable(), () => readSettings(account, path, deps));
    if (settings) return settings;
  }
  return { name: null, id: null };
}
