import * as z from 'zod';
import { ClinikoFault } from './faults.ts';

const AccountSettings = z.object({
  account: z.object({ id: z.union([z.string(), z.number()]).transform(String), name: z.string() }),
});

/**
 * What an account calls itself. Its settings are for its administrators, a part of them for every user; an account that tells neither
 * has no name and no id here.
 */
export async function accountName(
  ask: (path: string) => Promise<unknown>,
): Promise<{ name: string | null; id: string | null }> {
  for (const path of ['settings', 'settings/public']) {
    const answer = await ask(path).catch((error: unknown) => {
      if (error instanceof ClinikoFault && error.name === 'ClinikoForbidden') return undefined;
      throw error;
    });
    const settings = AccountSettings.safeParse(answer);
    if (settings.success) return settings.data.account;
  }
  return { name: null, id: null };
}
