import * as z from 'zod';
import { flag } from './fields.ts';
import type { User } from './user.ts';

/** The flags of a professional that an administrator sets; at least one of them. */
export const approvalFields = {
  is_verified: flag.optional(),
  is_premium: flag.optional(),
  is_available: flag.optional(),
};

/** True if at least one flag is given. */
export const decides = (given: object): boolean => Object.keys(approvalFields).some((name) => name in given);
export const decidesNothing = {
  error: 'at least one of is_verified, is_premium, is_available is required',
  path: ['is_verified'],
};

export const Approval = z.strictObject(approvalFields).refine(decides, decidesNothing);
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
