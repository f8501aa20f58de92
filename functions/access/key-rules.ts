import { timestamp } from '../../core/clock.ts';
import { flaws, refusedField } from '../../core/fastapi/pydantic.ts';
import { type Caller, type Role, roles } from '../../core/http/caller.ts';
import { Problem } from '../../core/http/problem.ts';
import { keyLifeMs, keyLifeMsMax, type NewApiKey } from './key-shape.ts';
import type { ApiKey } from './key-store.ts';

/** `roles` begins with the highest. */
const isAbove = (one: Role, other: Role): boolean => roles.indexOf(one) < roles.indexOf(other);

/** @throws Problem `forbidden` for a role above the caller's, which they may neither give nor take. */
export function refuseHigherRole(role: Role, caller: Caller): void {
  if (isAbove(role, caller.role))
    throw new Problem('forbidden', 'The role of a key may not be above your own');
}

/**
 * The tenant whose keys a call is about.
 *
 * @throws Problem `forbidden` for another tenant than the caller's, unless they are a super_admin.
 */
export function tenantOfKeys(caller: Caller, named: string | null | undefined): string {
  const tenant = named ?? caller.tenantId;
  if (tenant !== caller.tenantId && caller.role !== 'super_admin')
    throw new Problem('forbidden', 'Only a super_admin may name another tenant_id');
  return tenant;
}

/**
 * A creator's content is changed only in their own name, also by administrators. So a key gets the creator of
 * the token that made it, or none.
 *
 * @throws Problem `forbidden` for another creator.
 */
function refuseOtherCreator(creator: string | null | undefined, caller: Caller): void {
  if (typeof creator === 'string' && creator !== caller.creator)
    throw new Problem('forbidden', 'A key may only have the creator of your own token');
}

/** Seconds since the epoch. @throws InvalidInput for a time that is past or too far away. */
function expirySeconds(askedMs: number | undefined, now: number): number {
  const expiresMs = askedMs ?? now + keyLifeMs;
  if (expiresMs <= now) throw refusedField('expires_at', flaws.notAfterNow(timestamp(now)));
  const latestMs = now + keyLifeMsMax;
  if (expiresMs > latestMs) throw refusedField('expires_at', flaws.notAfter(timestamp(latestMs)));
  return Math.ceil(expiresMs / 1_000);
}

/**
 * A new key as the caller may give it.
 *
 * @param now milliseconds since the epoch.
 * @throws Problem `forbidden`, InvalidInput.
 */
export function newApiKey(fields: NewApiKey, caller: Caller, id: string, hash: string, now: number): ApiKey {
  const { name, role, organization_id, creator, expires_at, tenant_id } = fields;
  const tenant = tenantOfKeys(caller, tenant_id);
  refuseHigherRole(role, caller);
  refuseOtherCreator(creator, caller);
  return {
    ...{ id, tenant, name, role, hash },
    ...(typeof organization_id === 'string' ? { organization: organization_id } : {}),
    ...(typeof creator === 'string' ? { creator } : {}),
    created_at: timestamp(now),
    created_by: caller.userId,
    expires_at: expirySeconds(expires_at, now),
  };
}
