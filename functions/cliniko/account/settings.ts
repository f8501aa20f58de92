import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { organizationId } from '../../../core/contract/organization-id.ts';
import { systemDeps } from '../../../core/deps.ts';
import { dynamo } from '../../../core/dynamo/dynamo.ts';
import { tableName } from '../../../core/dynamo/tables.ts';
import { transactOnce } from '../../../core/dynamo/transact-once.ts';
import { Problem } from '../../../core/http/problem.ts';
import { readSecret, removeSecret, writeSecret } from '../../../core/secrets.ts';
import { digestOf, dueKey, settingsKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import type { ClinikoAccount } from './client.ts';
import { intervalOf } from './schedule.ts';
import type { NewSettings, SettingsReply } from './settings-shape.ts';

/** The settings of an organisation, as they are stored: the key is in Secrets Manager. */
export interface Settings {
  name: string;
  contact_email: string;
  schedule: string | null;
  /** The name of the secret with the key. A new key gets a new name, so that no container goes on with the old one. */
  secret: string;
  /** When the next sync by schedule is due; `null` without a schedule. */
  due_at: string | null;
  created_at: string;
  updated_at: string;
}

export async function findSettings(organization: Organization): Promise<Settings | undefined> {
  const item = await dynamo().get(tableName('cliniko'), settingsKey(organization));
  return item as Settings | undefined;
}

/** The account that an organisation's requests are made with. */
export async function accountOf(settings: Settings, now: number): Promise<ClinikoAccount> {
  const apiKey = await readSecret('clinikoKeys', settings.secret, now);
  if (!apiKey) throw new Error('the secret of an organisation is missing');
  return { apiKey, contactEmail: settings.contact_email };
}

/** When a schedule is due next; a schedule that did not change stays due when it was. */
function dueAfter(known: Settings | undefined, schedule: string | null, now: number): string | null {
  if (known && known.schedule === schedule) return known.due_at;
  const interval = schedule === null ? undefined : intervalOf(schedule);
  return interval === undefined ? null : timestamp(now + interval);
}

/**
 * Stores an organisation's settings, and its place among those that are due. The key goes first: settings never name one that is not there.
 *
 * @returns `undefined` if there is no key yet and none was given.
 * @throws Problem `conflict` if somebody else changed them at the same time.
 */
export async function putSettings(
  organization: Organization,
  given: NewSettings,
  now: number,
): Promise<Settings | undefined> {
  const known = await findSettings(organization);
  if (!known && given.api_key === undefined) return undefined;
  const secret = given.api_key === undefined ? known?.secret : `${digestOf(organization)}-${randomUUID()}`;
  if (!secret) return undefined;
  if (given.api_key !== undefined) await writeSecret('clinikoKeys', secret, given.api_key, now);
  const schedule = given.schedule ?? null;
  const settings: Settings = {
    name: given.name,
    contact_email: given.contact_email,
    schedule,
    secret,
    due_at: dueAfter(known, schedule, now),
    created_at: known?.created_at ?? timestamp(now),
    updated_at: timestamp(now),
  };
  if (!(await replaceSettings(organization, known, settings))) {
    if (given.api_key !== undefined) await removeSecret('clinikoKeys', secret);
    throw new Problem('conflict', 'The settings were changed at the same time', { retryAfter: 1 });
  }
  if (known && known.secret !== secret) await removeSecret('clinikoKeys', known.secret);
  return settings;
}

/**
 * Replaces the settings that were read, together with the place among those that are due.
 *
 * @returns false if they changed meanwhile; then nothing was written.
 */
export async function replaceSettings(
  organization: Organization,
  known: Settings | undefined,
  settings: Settings,
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

export const toldSettings = (orgId: string, settings: Settings): z.input<typeof SettingsReply> => ({
  organization_id: organizationId(orgId),
  name: settings.name,
  contact_email: settings.contact_email,
  schedule: settings.schedule,
  api_key_set: true,
  next_sync: settings.due_at,
  created_at: settings.created_at,
  updated_at: settings.updated_at,
});
