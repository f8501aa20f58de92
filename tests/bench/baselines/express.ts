import { decodeJwt } from 'jose';
import { startChild } from '../child.ts';
import { type Cleanup, temporaryFolder } from '../cleanup.ts';
import { type Caller, callerOf } from '../http.ts';
import type { Person, Service } from '../service.ts';

/** Starts the rival server, which trusts the service's own issuer, and calls it as the same person. */
export async function startExpress(
  cleanup: Cleanup,
  { url: issuerUrl }: Service,
  { token }: Person,
): Promise<Caller> {
  const folder = await temporaryFolder(cleanup);
  const { iss, aud } = decodeJwt(token);
  const args = [folder, `${issuerUrl}/_local/jwks.json`, iss ?? '', String(aud)];
  const { url } = await startChild<{ url: string }>(
    cleanup,
    new URL('express-sqlite.ts', import.meta.url),
    args,
  );
  const caller = callerOf(url, token);
  cleanup.later(caller.close);
  return caller;
}
