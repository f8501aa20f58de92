import * as z from 'zod';
import { timestamp } from '../../../../core/clock.ts';
import { dynamo } from '../../../../core/dynamo/dynamo.ts';
import { queryAll } from '../../../../core/dynamo/query-all.ts';
import type { Item } from '../../../../core/dynamo/store.ts';
import { tableName } from '../../../../core/dynamo/tables.ts';
import { stored } from '../../../../core/dynamo/version.ts';
import { Problem } from '../../../../core/http/problem.ts';
import { present } from '../../../../core/invariant.ts';
import { smsKeys } from '../batch.ts';
import { readItem } from '../store.ts';
import { variablesOf } from './text.ts';

const template = stored(
  'template',
  z.object({
    id: z.string(),
    name: z.string(),
    body: z.string(),
    created_at: z.string(),
  }),
);
export type Template = z.output<typeof template>;

/** Parses a template. @throws ZodError for an item of another shape. */
export const asTemplate = (item: Item): Template => template.parse(item);

/** Stores a new template. @param id a UUID version 7, so that ids sort by creation. */
export async function storeTemplate(
  tenant: string,
  { name, body }: Pick<Template, 'name' | 'body'>,
  id: string,
  now: number,
): Promise<Template> {
  const stored = { id, name, body, created_at: timestamp(now) };
  const Item = { ...smsKeys.template(tenant, id), ...stored };
  await dynamo().put({ TableName: tableName('messaging'), Item });
  return stored;
}

/** Reads a template. @throws Problem `not_found`, also for another tenant's template. */
async function readTemplate(tenant: string, id: string): Promise<Template> {
  const item = /^[0-9a-f-]{36}$/i.test(id)
    ? await readItem(smsKeys.template(tenant, id.toLowerCase()))
    : undefined;
  if (!item) throw new Problem('not_found', 'Template not found', { details: { field: 'template_id' } });
  return asTemplate(item);
}

/** All templates of a tenant, oldest first. */
export async function allTemplates(tenant: string): Promise<Template[]> {
  const all: Template[] = [];
  const query = { table: tableName('messaging'), range: { pk: smsKeys.template(tenant, '').pk } };
  for await (const item of queryAll(dynamo(), query)) all.push(asTemplate(item));
  return all;
}

/** A template in the body of an answer, with its variables. */
export const templateToReply = ({ id, name, body, created_at }: Template) => ({
  id,
  name,
  body,
  variables: variablesOf(body),
  created_at,
});

/**
 * Text to send: the template, with the message as a variable of it, or the message itself.
 *
 * @throws Problem `not_found` for a template that does not exist.
 */
export async function textToSend(
  tenant: string,
  templateId: string | null | undefined,
  message: string | undefined,
): Promise<{ text: string; variables: Record<string, string | undefined> }> {
  if (!templateId)
    return { text: present(message, 'a request names a message or a template'), variables: {} };
  const { body } = await readTemplate(tenant, templateId);
  return { text: body, variables: { message } };
}
