import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { organizationId } from '../../../core/contract/organization-id.ts';
import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { stored } from '../../../core/dynamo/version.ts';
import { Problem } from '../../../core/http/problem.ts';
import { digestOf, dueKey, settingsKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import { openApiKey, readFormerKey, removeFormerKey, sealApiKey } from './api-key-store.ts';
import type { ClinikoAccount } from './client.ts';
import { intervalOf } from './schedule.ts';
import type { NewSettings, SettingsReply } from './settings-shape.ts';

/** Settings of an organisation as stored in `cliniko`. */
export const ClinikoSettings = stored(
  'setting of an organisation',
  z.object({
    v: z.literal(2),
    name: z.string(),
    contact_email: z.string(),
    schedule: z.string().nullable(),
    /** Id of the API key. Each new key gets a new one, by which a running sync knows that it was replaced. */
    secret: z.string().min(1),
    /**
     * The API key, sealed for this organisation. Absent in version 1, whose key is in Secrets Manager under
     * the name `secret`.
     */
    sealed_key: z.string().min(1).optional(),
    /** Due time of the next scheduled sync, RFC 3339; `null` without a schedule. */
    due_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  }),
  // Version 1 has its secret in Secrets Manager: read where there is no sealed one.
  { newest: 2, upgrade: (before) => before },
);
export type ClinikoSettings = z.output<typeof ClinikoSettings>;

/**
 * Loads the settings of an organisation, strongly consistent.
 *
 * @returns `undefined` if the organisation is not registered.
 */
export async function findSettings(organization: Organization): Promise<ClinikoSettings | undefined> {
  const item = await dynamo().get(tableName('cliniko'), settingsKey(organization));
  return item && ClinikoSettings.parse(item);
}

/**
 * Loads the API key of an organisation's Cliniko account.
 *
 * @param now milliseconds since the epoch.
 * @throws SecretUnavailable; Error if a key of version 1 is gone, because it was replaced after the settings
 * were read: retry with the new settings.
 */
export async function accountOf(
  organization: Organization,
  settings: ClinikoSettings,
  now: number,
): Promise<ClinikoAccount> {
  const apiKey = settings.sealed_key
    ? await openApiKey(organization, settings.sealed_key, now)
    : await readFormerKey(settings.secret, now);
  return { apiKey, contactEmail: settings.contact_email };
}

/** Due time of the next scheduled sync. An unchanged schedule keeps its due time. */
function dueAfter(known: ClinikoSettings | undefined, schedule: string | null, now: number): string | null {
  if (known && known.schedule === schedule) return known.due_at;
  const interval = schedule === null ? undefined : intervalOf(schedule);
  return interval === undefined ? null : timestamp(now + interval);
}

/** The fields of settings that hold the API key. Of version 2: older code must not go on without it. */
const sealed = (secret: string, sealed_key: string) => ({ v: 2 as const, secret, sealed_key });

/**
 * The API key of new settings: the one that is given, else the one that is stored. A key of version 1 is
 * moved from Secrets Manager into the settings.
 *
 * @returns `undefined` if there is none.
 */
async function keyFields(
  organization: Organization,
  apiKey: string | undefined,
  known: ClinikoSettings | undefined,
  now: number,
) {
  if (apiKey !== undefined)
    return sealed(`${digestOf(organization)}-${randomUUID()}`, await sealApiKey(organization, apiKey));
  if (!known) return undefined;
  const { secret, sealed_key } = known;
  return sealed(secret, sealed_key ?? (await sealApiKey(organization, await readFormerKey(secret, now))));
}

/**
 * Stores the settings of an organisation with its sealed API key, together with its entry in the list of due
 * syncs, in one transaction.
 *
 * @param now milliseconds since the epoch.
 * @returns `undefined` if the organisation has no API key yet and none was given.
 * @throws Problem `conflict` if the settings were changed at the same time, and nothing was stored;
 * SecretUnavailable before anything was stored; Unavailable if the settings may be stored or not.
 */
export async function putSettings(
  organization: Organization,
  given: NewSettings,
  now: number,
): Promise<ClinikoSettings | undefined> {
  const known = await findSettings(organization);
  const key = await keyFields(organization, given.api_key, known, now);
  if (!key) return undefined;
  const schedule = given.schedule ?? null;
  const settings: ClinikoSettings = {
    ...key,
    name: given.name,
    contact_email: given.contact_email,
    schedule,
    due_at: dueAfter(known, schedule, now),
    created_at: known?.created_at ?? timestamp(now),
    updated_at: timestamp(now),
  };
  if (!(await replaceSettings(organization, known, settings)))
    throw new Problem('conflict', 'The settings were changed at the same time', { retryAfter: 1 });
  if (known && !known.sealed_key) await removeFormerKey(known.secret);
  return settings;
}

/**
 * Replaces the settings that were read (optimistic locking), and their entry in the list of due syncs.
 *
 * @param known the settings as they were read; `undefined` to register an organisation.
 * @returns false if they changed meanwhile; then nothing was stored. After an error the outcome is unknown.
 */
export async function replaceSettings(
  organization: Organization,
  known: ClinikoSettings | undefined,
  settings: ClinikoSettings,
): Promise<boolean> {
  const TableName = tableName('cliniko');
  const unchanged = known
    ? {
        // Two changes may have one instant, and another key must not be lost.
        ConditionExpression: 'updated_at = :updated_at AND due_at = :due_at AND secret = :secret',
        ExpressionAttributeValues: {
          ':updated_at': known.updated_at,
          ':due_at': known.due_at,
          ':secret': known.secret,
        },
      }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  const moved = known?.due_at !== settings.due_at;
  const { tenant, orgId } = organization;
  const { done } = await transactOnce(dynamo(), systemDeps, [
    { Put: { TableName, Item: { ...settingsKey(organization), ...settings }, ...unchanged } },
    ...(moved && known?.due_at ? [{ Delete: { TableName, Key: dueKey(organization, known.due_at) } }] : []),
    ...(moved && settings.due_at
      ? [{ Put: { TableName, Item: { ...dueKey(organization, settings.due_at), tenant, orgId } } }]
      : []),
  ]);
  return done;
}

/** Settings as an answer's body: everything but the key. */
export const settingsToReply = (orgId: string, settings: ClinikoSettings): z.input<typeof SettingsReply> => ({
  organization_id: organizationId(orgId),
  name: settings.name,
  contact_email: settings.contact_email,
  schedule: settings.schedule,
  api_key_set: true,
  next_sync: settings.due_at,
  created_at: settings.created_at,
  updated_at: settings.updated_at,
});
