import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminUpdateUserAttributesCommand,
  type AttributeType,
  type CognitoIdentityProviderClient,
  paginateListUsers,
} from '@aws-sdk/client-cognito-identity-provider';
import type { Role } from '../../core/http/caller.ts';
import { Refused } from '../explain.ts';

/** What an administrator decides about a user. An empty text takes a value away. */
export interface Standing {
  tenant?: string | undefined;
  role?: Role | undefined;
  organization?: string | undefined;
  creator?: string | undefined;
}

/** A user as the pool has them. */
export interface PoolUser extends Standing {
  email: string;
  enabled: boolean;
  /** Cognito's word: `FORCE_CHANGE_PASSWORD` until the first sign-in, then `CONFIRMED`. */
  status: string;
}

const attributeNames = {
  tenant: 'custom:tenant_id',
  role: 'custom:role',
  organization: 'custom:organization_id',
  creator: 'custom:creator',
} as const satisfies Record<keyof Standing, string>;

const kinds = Object.keys(attributeNames) as (keyof Standing)[];

const attributesOf = (standing: Standing): AttributeType[] =>
  kinds.flatMap((kind) => {
    const value = standing[kind];
    return value === undefined ? [] : [{ Name: attributeNames[kind], Value: value }];
  });

function toUser(
  attributes: AttributeType[] | undefined,
  { enabled, status }: { enabled: boolean | undefined; status: string | undefined },
): PoolUser {
  const values = new Map(attributes?.map(({ Name, Value }) => [Name, Value]));
  const standing = Object.fromEntries(kinds.map((kind) => [kind, values.get(attributeNames[kind])]));
  return {
    ...standing,
    email: values.get('email') ?? '',
    enabled: enabled ?? false,
    status: status ?? 'UNKNOWN',
  };
}

const isSame = (user: PoolUser, standing: Standing): boolean =>
  kinds.every((kind) => (user[kind] || undefined) === (standing[kind] || undefined));

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

/** The users of a pool. A user is named by the e-mail address; each call may be repeated. */
export class PoolUsers {
  readonly #client: CognitoIdentityProviderClient;
  readonly #poolId: string;

  constructor(client: CognitoIdentityProviderClient, poolId: string) {
    this.#client = client;
    this.#poolId = poolId;
  }

  #named = (email: string) => ({ UserPoolId: this.#poolId, Username: email });

  async #find(email: string): Promise<PoolUser> {
    const { UserAttributes, Enabled, UserStatus } = await this.#client.send(
      new AdminGetUserCommand(this.#named(email)),
    );
    return toUser(UserAttributes, { enabled: Enabled, status: UserStatus });
  }

  /**
   * Creates a user, to whom Cognito sends a temporary password by e-mail.
   *
   * @returns false if the user was there before with the same standing; then nothing is sent.
   * @throws Refused if the user has another standing.
   */
  async create(email: string, standing: Standing): Promise<boolean> {
    try {
      await this.#client.send(
        new AdminCreateUserCommand({
          ...this.#named(email),
          DesiredDeliveryMediums: ['EMAIL'],
          UserAttributes: [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'true' },
            ...attributesOf(standing),
          ],
        }),
      );
      return true;
    } catch (error) {
      if (!isNamed(error, 'UsernameExistsException')) throw error;
      if (isSame(await this.#find(email), standing)) return false;
      throw new Refused(
        `${email} is a user already, of another tenant, role, organization or creator: use \`change\``,
      );
    }
  }

  /**
   * Sends another temporary password to a user who has not signed in yet.
   *
   * @throws Refused if the user is unknown, or has a password.
   */
  async invite(email: string): Promise<void> {
    const { status } = await this.#known(email, () => this.#find(email));
    if (status !== 'FORCE_CHANGE_PASSWORD')
      throw new Refused(`${email} has signed in before: the sign-in page has “Forgot your password?”`);
    await this.#client.send(new AdminCreateUserCommand({ ...this.#named(email), MessageAction: 'RESEND' }));
  }

  /**
   * Changes a user's standing. Cognito deletes an attribute that is set to an empty text.
   *
   * @throws Refused if the user is unknown.
   */
  async change(email: string, standing: Standing): Promise<void> {
    const UserAttributes = attributesOf(standing);
    await this.#known(email, () =>
      this.#client.send(new AdminUpdateUserAttributesCommand({ ...this.#named(email), UserAttributes })),
    );
  }

  /** Lets a user sign in, or no longer. @throws Refused if the user is unknown. */
  async setEnabled(email: string, enabled: boolean): Promise<void> {
    const command = enabled ? AdminEnableUserCommand : AdminDisableUserCommand;
    await this.#known(email, () => this.#client.send(new command(this.#named(email))));
  }

  /** Deletes a user. @returns false if there was none. */
  async remove(email: string): Promise<boolean> {
    try {
      await this.#client.send(new AdminDeleteUserCommand(this.#named(email)));
      return true;
    } catch (error) {
      if (isNamed(error, 'UserNotFoundException')) return false;
      throw error;
    }
  }

  /**
   * All users, or those of a tenant, ordered by e-mail address. A pool cannot search by custom attributes, so
   * all are read.
   */
  async list(tenant: string | undefined): Promise<PoolUser[]> {
    const found: PoolUser[] = [];
    for await (const { Users = [] } of paginateListUsers(
      { client: this.#client, pageSize: 60 },
      { UserPoolId: this.#poolId },
    ))
      found.push(
        ...Users.map(({ Attributes, Enabled, UserStatus }) =>
          toUser(Attributes, { enabled: Enabled, status: UserStatus }),
        ),
      );
    return found
      .filter((user) => tenant === undefined || user.tenant === tenant)
      .sort((one, other) => one.email.localeCompare(other.email));
  }

  async #known<T>(email: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (isNamed(error, 'UserNotFoundException')) throw new Refused(`There is no user ${email}`);
      throw error;
    }
  }
}
