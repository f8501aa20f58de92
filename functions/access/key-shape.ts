import * as z from 'zod';
import {
  changeable,
  optional,
  readChoice,
  readInstant,
  readName,
  readText,
  report,
  required,
} from '../../core/fastapi/pydantic.ts';
import { type Role, roles } from '../../core/http/caller.ts';

const nameRules = { min: 1, max: 100 };
const dayMs = 24 * 3_600_000;

/** Milliseconds for which a key works unless its creator says otherwise. */
export const keyLifeMs = 90 * dayMs;
/** Milliseconds for which a key may work: a year, also one with a leap day. */
export const keyLifeMsMax = 366 * dayMs;

/** Roles that see one organization only, of those that see what belongs to organizations. */
const rolesOfOrganization: readonly Role[] = ['manager', 'viewer'];

const flawsOfOrganization = {
  missing: {
    msg: 'field required: a manager acts for one organization, which the key has to name',
    type: 'value_error.missing',
  },
  extra: {
    msg: 'extra fields not permitted: only a manager or a viewer is bound to an organization',
    type: 'value_error.extra',
  },
};

interface Bound {
  role: Role;
  organization_id?: string | null | undefined;
}

/** A key is bound to an organization where its role is, so that no field is given and has no effect. */
function checkOrganization({ role, organization_id }: Bound, context: z.core.$RefinementCtx): void {
  const isGiven = typeof organization_id === 'string';
  if (role === 'manager' && !isGiven) report(context, flawsOfOrganization.missing, ['organization_id']);
  if (isGiven && !rolesOfOrganization.includes(role))
    report(context, flawsOfOrganization.extra, ['organization_id']);
}

/** Fields of a new API key. Unknown ones are refused: a misspelt expiry must not become the default. */
export const NewApiKey = z
  .strictObject({
    name: required((value) => readText(value, nameRules), {
      type: 'string',
      minLength: nameRules.min,
      maxLength: nameRules.max,
      description: 'What the key is for. It need not be unique.',
    }),
    role: required((value) => readChoice(value, roles), {
      type: 'string',
      enum: roles,
      description: 'Not above the role of the caller.',
    }),
    organization_id: optional(readName, {
      type: 'string',
      description: 'Required for a manager, optional for a viewer, refused for other roles.',
    }),
    creator: optional(readName, {
      type: 'string',
      description: 'Only the creator of the caller’s own token.',
    }),
    expires_at: changeable(readInstant, {
      type: 'string',
      format: 'date-time',
      description: 'When the key stops working: after 90 days by default, after 366 at most.',
    }),
    tenant_id: optional(readName, {
      type: 'string',
      description: 'Another tenant than the caller’s own, which only a super_admin may name.',
    }),
  })
  .superRefine(checkOrganization)
  .meta({ id: 'NewApiKey' });
export type NewApiKey = z.output<typeof NewApiKey>;

const shape = {
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  organization_id: z.union([z.string(), z.number()]).nullable(),
  creator: z.string().nullable(),
  tenant_id: z.string(),
  created_at: z.string(),
  created_by: z.string(),
  expires_at: z.string(),
};

/** An API key in lists, without its text. */
export const ApiKeyReply = z
  .object({
    ...shape,
    last_used_at: z.string().nullable().describe('Up to a minute old; null for a key that was never used.'),
  })
  .meta({ id: 'ApiKey' });

/** A new API key, with the text that is shown this once. */
export const CreatedApiKey = z.object({ ...shape, key: z.string() }).meta({ id: 'CreatedApiKey' });
