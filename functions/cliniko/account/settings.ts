import { randomUUID } from 'node:crypto';
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { timestamp } from '../../../core/clock.ts';
import { organizationId } from '../../../core/contract/organization-id.ts';
import { documents, tableName } from '../../../core/dynamo/tables.ts';
import { Problem } from '../../../core/http/problem.ts';
import { readSecret, removeSecret, writeSecret } from '../../../core/secrets.ts';
import { digestOf, dueKey, settingsKey } from '../keys.ts';
import type { Organization } from '../organization.ts';
import type { ClinikoAccount } from './client.ts';
import { intervalOf } from './schedule.ts';
import type { NewSettings, SettingsReply } from './settings-shape.ts';

/** The settings of an organisation, as they are stored: the key is in Secrets Manager. */
export interface ClinikoSettings {
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

export async function findSettings(organization: Organization): Promise<ClinikoSettings | undefined> {
  const { Item } = await documents().send(
    new GetCommand({ TableName: tableName('cliniko'), Key: settingsKey(organization), ConsistentRead: true }),
  );
  return Item as ClinikoSettings | undefined;
}

/** The account that an organisation's requests are made with. */
export async function accountOf(settings: ClinikoSettings, now: number): Promise<ClinikoAccount> {
  const apiKey = await readSecret('clinikoKeys', settings.secret, now);
  if (!apiKey) throw new Error('the secret of an organisation is missing');
  return { apiKey, contactEmail: settings.contact_email };
}

/** When a schedule is due next; a schedule that did not change stays due when it was. */
function dueAfter(known: ClinikoSettings | undefined, schedule: string | null, now: number): string | null {
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
): Promise<ClinikoSettings | undefined> {
  const known = await findSettings(organization);
  if (!known && given.api_key === undefined) return undefined;
  const secret = given.api_key === undefined ? known?.secret : `${digestOf(organization)}-${randomUUID()}`;
  if (!secret) return undefined;
  if (given.api_key !== undefined) await writeSecret('clinikoKeys', secret, given.api_key, now);
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
  try {
    await replaceSettings(organization, known, settings);
  } catch (error) {
    if (given.api_key !== undefined) await removeSecret('clinikoKeys', secret);
    if ((error as Error).name !== 'TransactionCanceledException') throw error;
    throw new Problem('conflict', 'The settings were changed at the same time', { retryAfter: 1 });
  }
  if (known && known.secret !== secret) await removeSecret('clinikoKeys', known.secret);
  return settings;
}

/**
 * Replaces the settings that were read, together with the place among those that are due.
 *
 * @throws TransactionCanceledException if they changed meanwhile.
 */
export async function replaceSettings(
  organization: Organization,
  known: ClinikoSettings | undefined,
  settings: ClinikoSettings,
): Promise<void> {
  const TableName = tableName('cliniko');
  const unchanged = known
    ? {
        ConditionExpression: 'updated_at = :updated_at AND due_at = :due_at',
        ExpressionAttributeValues: { ':updated_at': known.updated_at, ':due_at': known.due_at },
      }
    : { ConditionExpression: 'attribute_not_exists(pk)' };
  const moved = known?.due_at !== settings.due_at;
  const { tenant, orgId } = organization;
  await documents().send(
    new TransactWriteCommand({
      TransactItems: [
        { Put: { TableName, Item: { ...settingsKey(organization), ...settings }, ...unchanged } },
        ...(moved && known?.due_at
          ? [{ Delete: { TableName, Key: dueKey(organization, known.due_at) } }]
          : []),
        ...(moved && settings.due_at
          ? [{ Put: { TableName, Item: { ...dueKey(organization, settings.due_at), tenant, orgId } } }]
          : []),
      ],
    }),
  );
}

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
