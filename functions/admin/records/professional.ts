import * as z from 'zod';
import { flag } from './fields.ts';
import type { User } from './user.ts';

/** What an administrator decides of a professional; at least one of them. */
const approval = { is_verified: flag.optional(), is_premium: flag.optional(), is_available: flag.optional() };

const SOMETHING = 'at least one of is_verified, is_premium, is_available is required';

/** Whether anything is decided at all. */
export const decides = (given: object): boolean => Object.keys(approval).some((name) => name in given);
export const decidesNothing = { error: SOMETHING, path: ['is_verified'] };

export const approvalFields = approval;
export const Approval = z.strictObject(approval).refine(decides, decidesNothing);
export type Approval = z.output<typeof Approval>;

export const isProfessional = (user: User | undefined): user is User =>
  user?.profile.user_type === 'professional';

export const approved = (user: User, { is_verified, is_premium, is_available }: Approval): User => ({
  ...user,
  profile: {
    ...user.profile,
    is_verified: is_verified ?? user.profile.is_verified,
    is_premium: is_premium ?? user.profile.is_premium,
    is_available: is_available ?? user.profile.is_available,
  },
});

export const approvalOf = ({ profile: { is_verified, is_premium, is_available } }: User) => ({
  is_verified,
  is_premium,
  is_available,
});
