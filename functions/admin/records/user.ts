import * as z from 'zod';
import type { Collection } from './collection.ts';
import { email, flag, id, instant, phone, text, username } from './fields.ts';

export const userTypes = ['customer', 'professional', 'admin'] as const;
const userType = z.enum(userTypes, { error: `must be one of ${userTypes.join(', ')}` });

const notARating = 'must be a rating as text from "0" to "5", such as "4.75"';

const fields = {
  first_name: text(150),
  last_name: text(150),
  email,
  phone,
  city: text(100),
  state: text(100),
};

/** A user with its profile. */
export const User = z
  .strictObject({
    id,
    username,
    email: fields.email.default(''),
    first_name: fields.first_name.default(''),
    last_name: fields.last_name.default(''),
    is_active: flag.default(true),
    date_joined: instant,
    profile: z.strictObject({
      user_type: userType,
      phone: fields.phone.default(''),
      city: fields.city.default(''),
      state: fields.state.default(''),
      is_verified: flag.default(false),
      is_premium: flag.default(false),
      is_available: flag.default(false),
      rating: z
        .string({ error: notARating })
        .regex(/^([0-4](\.\d{1,2})?|5(\.00?)?)$/, { error: notARating })
        .transform((rating) => Number(rating).toFixed(2))
        .nullable()
        .default(null),
      review_count: z.int({ error: 'must be a count' }).nonnegative({ error: 'must be a count' }).default(0),
    }),
  })
  .meta({ id: 'User' });
export type User = z.output<typeof User>;

/**
 * The fields that decide what a user may do. A bulk operation cannot change them; the contract lets them
 * through so that the error is reported for each operation.
 */
const power = z.unknown().optional();
const powers = { role: power, user_type: power, is_admin: power, is_staff: power, is_superuser: power };

/** The fields of any user that an administrator may change. */
export const UserChange = z
  .strictObject({ ...z.strictObject({ ...fields, is_active: flag }).partial().shape, ...powers })
  .refine((change) => Object.keys(change).length > 0, { error: 'must have at least one field' });
export type UserChange = z.output<typeof UserChange>;

/** The user with the change applied; an error text if the change names a forbidden field. */
export function changedUser(user: User, change: UserChange): User | string {
  const power = Object.keys(powers).find((name) => name in change);
  if (power) return `The field ${power} cannot be changed`;
  const { phone, city, state, email, first_name, last_name, is_active } = change;
  const given = (wanted: object) =>
    Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  return {
    ...user,
    ...given({ email, first_name, last_name, is_active }),
    profile: { ...user.profile, ...given({ phone, city, state }) },
  };
}

/** The facet of a user: its type, and a letter for each flag that is set. Exports filter by it. */
export const userFacet = (type: string, active: boolean, verified: boolean): string =>
  `${type}.${active ? 'a' : ''}${verified ? 'v' : ''}`;

const both = [true, false];

const profileText = (field: 'phone' | 'city' | 'state', title: string) =>
  ({
    title,
    type: 'text',
    of: ({ profile }: User) => profile[field],
    put: ({ profile }: Partial<User>, value: unknown) => ({ profile: { ...profile, [field]: value } }),
  }) as const;

const profileFlag = (field: 'is_verified' | 'is_premium', title: string) =>
  ({
    title,
    type: 'flag',
    of: ({ profile }: User) => profile[field],
    put: ({ profile }: Partial<User>, value: unknown) => ({ profile: { ...profile, [field]: value } }),
  }) as const;

const ownText = (field: 'username' | 'email' | 'first_name' | 'last_name', title: string) =>
  ({
    title,
    type: 'text',
    of: (user: User) => user[field],
    put: (_: Partial<User>, value: unknown) => ({ [field]: value }),
  }) as const;

export const users: Collection<User> = {
  name: 'users',
  row: User,
  facets: userTypes.flatMap((type) =>
    both.flatMap((active) => both.map((verified) => userFacet(type, active, verified))),
  ),
  facetOf: ({ is_active, profile }) => userFacet(profile.user_type, is_active, profile.is_verified),
  createdAt: (user) => user.date_joined,
  toReply: (user) => user,
  displays: [],
  columns: [
    { title: 'ID', type: 'id', of: (user) => user.id, put: (_, value) => ({ id: value }) },
    ownText('username', 'Username'),
    ownText('email', 'Email'),
    ownText('first_name', 'First Name'),
    ownText('last_name', 'Last Name'),
    {
      title: 'User Type',
      type: 'text',
      of: ({ profile }) => profile.user_type,
      put: ({ profile }, value) => ({ profile: { ...profile, user_type: value } }),
    },
    profileText('phone', 'Phone'),
    profileText('city', 'City'),
    profileText('state', 'State'),
    {
      title: 'Is Active',
      type: 'flag',
      of: (user) => user.is_active,
      put: (_, value) => ({ is_active: value }),
    },
    profileFlag('is_verified', 'Is Verified'),
    profileFlag('is_premium', 'Is Premium'),
    {
      title: 'Rating',
      type: 'amount',
      absent: true,
      of: ({ profile }) => profile.rating,
      put: ({ profile }, value) => ({ profile: { ...profile, rating: value } }),
    },
    {
      title: 'Date Joined',
      type: 'second',
      of: (user) => user.date_joined,
      put: (_, value) => ({ date_joined: value }),
    },
  ],
};
