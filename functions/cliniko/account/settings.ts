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
import { log } from '../../../core/log.ts';
import { readSecret, removeSecret, writeSecret } from '../../../core/secrets.ts';
import { digestOf, dueKey, settingsKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import type { ClinikoAccount } from './client.ts';
import { intervalOf } from './schedule.ts';
import type { NewSettings, SettingsReply } from './settings-shape.ts';

/** Settings of an organisation as stored in `cliniko`; the API key itself is in Secrets Manager. */
export const ClinikoSettings = stored(
  'setting of an organisation',
  z.object({
    name: z.string(),
    contact_email: z.string(),
    schedule: z.string().nullable(),
    /** Name of the secret with the API key. Each new key gets a new name, so that no cached old key is used. */
    secret: z.string().min(1),
    /** Due time of the next scheduled sync, RFC 3339; `null` without a schedule. */
    due_at: z.string().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
  }),
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
 * @throws Error if the secret is gone, because the key was replaced after the settings were read: retry with
 * the new settings.
 */
export async function accountOf(settings: ClinikoSettings, now: number): Promise<ClinikoAccount> {
  const apiKey = await readSecret('clinikoKeys', settings.secret, now);
  if (!apiKey) throw new Error('the secret of an organisation is missing');
  return { apiKey, contactEmail: settings.contact_email };
}

/** Due time of the next scheduled sync. An unchanged schedule keeps its due time. */
function dueAfter(known: ClinikoSettings | undefined, schedule: string | null, now: number): string | null {
  if (known && known.schedule === schedule) return known.due_at;
  const interval = schedule === null ? undefined : intervalOf(schedule);
  return interval === undefined ? null : timestamp(now + interval);
}

/** The table and the secrets as `putSettings` uses them; a test can lose their answers. */
export interface SettingsPorts {
  find(organization: Organization): Promise<ClinikoSettings | undefined>;
  /**
   * @returns false if the settings changed meanwhile: nothing was stored. An error leaves the outcome open.
   */
  replace(
    organization: Organization,
    known: ClinikoSettings | undefined,
    settings: ClinikoSettings,
  ): Promise<boolean>;
  writeKey(secret: string, apiKey: string, now: number): Promise<void>;
  removeKey(secret: string): Promise<void>;
}

const settingsPorts: SettingsPorts = {
  find: findSettings,
  replace: replaceSettings,
  writeKey: (secret, apiKey, now) => writeSecret('clinikoKeys', secret, apiKey, now),
  removeKey: (secret) => removeSecret('clinikoKeys', secret),
};

/**
 * Stores the settings of an organisation together with its entry in the list of due syncs. The secret is
 * written first, so that stored settings never name a secret that does not exist.
 *
 * @param now milliseconds since the epoch.
 * @returns `undefined` if the organisation has no API key yet and none was given.
 * @throws Problem `conflict` if the settings were changed at the same time; otherwise what the table or
 * Secrets Manager throws, and then the settings may be stored or not.
 */
export async function putSettings(
  organization: Organization,
  given: NewSettings,
  now: number,
  ports = settingsPorts,
): Promise<ClinikoSettings | undefined> {
  const known = await ports.find(organization);
  const newSecret = given.api_key === undefined ? undefined : `${digestOf(organization)}-${randomUUID()}`;
  const secret = newSecret ?? known?.secret;
  if (!secret) return undefined;
  if (given.api_key !== undefined) await ports.writeKey(secret, given.api_key, now);
  const schedule = given.schedule ?? null;
  const settings: ClinikoSettings = {
    name: given.name,
    contact_email: given.contact_email,
    schedule,
    secret,
    due_at: dueAfter(known, schedule, now),
    created_at: known?.created_at ?? timestamp(now),
    updated_at: timestamp(now),
  };
  const isStored = await ports.replace(organization, known, settings).catch(async (error: unknown) => {
    const outcome = await outcomeOf(organization, known, newSecret, ports);
    if (outcome !== 'unknown') return outcome === 'stored';
    // An orphaned secret costs cents; a missing one stops all syncs of the organisation.
    if (newSecret) log('warn', 'a secret may be orphaned', { secret: newSecret });
    throw error;
  });
  if (!isStored) {
    if (newSecret) await ports.removeKey(newSecret);
    throw new Problem('conflict', 'The settings were changed at the same time', { retryAfter: 1 });
  }
  if (known && known.secret !== secret) await ports.removeKey(known.secret);
  return settings;
}

/** Outcome of a transaction that got no answer in time: the stored settings decide. */
async function outcomeOf(
  organization: Organization,
  known: ClinikoSettings | undefined,
  newSecret: string | undefined,
  ports: SettingsPorts,
): Promise<'stored' | 'refused' | 'unknown'> {
  const stored = newSecret && (await ports.find(organization).catch(() => undefined));
  if (!stored) return 'unknown';
  if (stored.secret === newSecret) return 'stored';
  // While the settings are as they were read, a delayed request meets its condition and may take effect.
  const isUnchanged = stored.updated_at === known?.updated_at && stored.due_at === known.due_at;
  return isUnchanged ? 'unknown' : 'refused';
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
        ConditionExpression: 'updated_at = :updated_at AND due_at = :due_at',
        ExpressionAttributeValues: { ':updated_at': known.updated_at, ':due_at': known.due_at },
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
