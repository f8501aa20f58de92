import * as z from 'zod';
import { ClinikoFault } from '../faults.ts';
import { askCliniko, type ClinikoAccount } from './client.ts';
import type { ClinikoDeps } from './deps.ts';

const AccountSettings = z.object({
  account: z.object({ id: z.union([z.string(), z.number()]).transform(String), name: z.string() }),
});

/**
 * Loads the name and id of a Cliniko account. Only its administrators may read all settings, every user the
 * public ones; both are `null` if the key may read neither.
 *
 * @throws as `askCliniko`.
 */
export async function accountName(
  account: ClinikoAccount,
  deps: ClinikoDeps,
): Promise<{ name: string | null; id: string | null }> {
  for (const path of ['settings', 'settings/public']) {
    const answer = await askCliniko(account, path, deps).catch((error: unknown) => {
      if (error instanceof ClinikoFault && error.name === 'ClinikoForbidden') return undefined;
      throw error;
    });
    const settings = AccountSettings.safeParse(answer);
    if (settings.success) return settings.data.account;
  }
  return { name: null, id: null };
}
