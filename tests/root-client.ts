import { region, rootAccessKey } from '../local/account.ts';

/** The settings of a client of the local AWS endpoint that may do everything there. */
export const rootClient = (endpoint: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: rootAccessKey, secretAccessKey: 'local' },
});
