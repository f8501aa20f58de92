import * as z from 'zod';
import { ClinikoFault, FailedCall } from '../faults.ts';
import { askCliniko, type ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';
import { repeatCall } from './repeat-call.ts';

const AccountSettings = z.object({
  account: z.object({
    id: z
      .union([z.string(), z.number()])
      .nullish()
      .transform((id) => (id == null ? null : String(id))),
    name: z
      .string()
      .nullish()
      .transform((name) => name ?? null),
  }),
});

/** Name and id of an account, as far as its key may read them. */
type AccountName = z.output<typeof AccountSettings>['account'];

/** One of the lists of settings; `undefined` if the key may not read it. */
async function readSettings(
  account: ClinikoAccount,
  path: string,
  deps: ClinikoDeps,
): Promise<AccountName | undefined> {
  const answer = await askCliniko(account, path, deps).catch((error: unknown) => {
    if (error instanceof ClinikoFault && error.name === 'ClinikoForbidden') return undefined;
    throw error;
  });
  if (answer === undefined) return undefined;
  const settings = AccountSettings.safeParse(answer);
  // Not taken for an account without an id: its patients would be stored as those of another account.
  if (!settings.success) throw new FailedCall('unexpected');
  return settings.data.account;
}

/**
 * Loads the name and id of a Cliniko account. Only its administrators may read all settings, every user the
 * public ones; both are `null` if the key may read neither.
 *
 * @throws as `repeatCall` and `askCliniko`.
 */
export async function accountName(account: ClinikoAccount, deps: ClinikoDeps): Promise<AccountName> {
  for (const path of ['settings', 'settings/public']) {
    const settings = await repeatCall(deps, () => readSettings(account, path, deps));
    if (settings) return settings;
  }
  return { name: null, id: null };
}
