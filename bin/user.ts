/**
 * `npm run user -- <what to do> --stage prod …`: the users of a stage's own user pool. Needs credentials of
 * AWS that may read the stack and change the pool.
 */
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { readEmailAddress } from '../core/email-address.ts';
import { type Role, roles } from '../core/http/caller.ts';
import { isName } from '../core/text.ts';
import { commandLine, misused } from '../lib/command-line.ts';
import { explain, Refused } from '../lib/explain.ts';
import { type PoolUser, PoolUsers, type Standing } from '../lib/sign-in/pool-users.ts';
import { outputOf, stageOutputs } from '../lib/sign-in/stage-outputs.ts';

const usage = `npm run user -- create --stage prod --email ada@example.com --tenant t1 --role admin [--organization 7] [--creator SP…]
                  change --stage prod --email … [--tenant …] [--role …] [--organization …] [--creator …]
                  list --stage prod [--tenant t1]
                  invite | disable | enable | remove --stage prod --email …

invite sends another temporary password. An empty text takes a value away: --organization ''
The Region is that of the environment, or --region. Roles: ${roles.join(', ')}`;

interface Asked extends Standing {
  email?: string | undefined;
}

/** Runs one command. @returns what to print. */
type Command = (users: PoolUsers, asked: Asked) => Promise<string>;

/** Until a token that was given before has expired, it says what it said. */
const tokensRemain = 'Tokens that were given before are valid until they expire, an hour at most.';

const commands: Record<string, Command> = {
  async create(users, { email, ...standing }) {
    const to = required(email, '--email');
    required(standing.tenant, '--tenant');
    required(standing.role, '--role');
    return (await users.create(to, standing))
      ? `${to} is created. Cognito sends a temporary password, which is valid for seven days.`
      : `${to} is there already, with this tenant and role. Nothing was sent: \`invite\` does.`;
  },
  async invite(users, { email }) {
    const to = required(email, '--email');
    await users.invite(to);
    return `Cognito sends ${to} another temporary password, which is valid for seven days.`;
  },
  async change(users, { email, ...standing }) {
    const whom = required(email, '--email');
    if (Object.values(standing).every((value) => value === undefined))
      misused(usage, 'Nothing to change: name one of --tenant, --role, --organization, --creator');
    for (const kind of ['tenant', 'role'] as const)
      if (standing[kind] === '') throw new Refused(`--${kind} cannot be taken away: \`disable\` the user`);
    await users.change(whom, standing);
    return `${whom} is changed. ${tokensRemain}`;
  },
  async disable(users, { email }) {
    const whom = required(email, '--email');
    await users.setEnabled(whom, false);
    return `${whom} can no longer sign in. ${tokensRemain}`;
  },
  async enable(users, { email }) {
    const whom = required(email, '--email');
    await users.setEnabled(whom, true);
    return `${whom} can sign in.`;
  },
  async remove(users, { email }) {
    const whom = required(email, '--email');
    return (await users.remove(whom)) ? `${whom} is removed. ${tokensRemain}` : `There is no user ${whom}.`;
  },
  list: async (users, { tenant }) => table(await users.list(tenant)),
};

/** The value of an option that a command cannot do without. */
const required = (value: string | undefined, option: string): string =>
  value || misused(usage, `${option} is missing`);

function table(users: PoolUser[]): string {
  const columns = ['email', 'tenant', 'role', 'organization', 'creator', 'status'] as const;
  const rows = users.map((user) =>
    columns.map((name) =>
      name === 'status' && !user.enabled ? `${user.status}, disabled` : user[name] || '-',
    ),
  );
  const all = [[...columns], ...rows];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')).join('\n');
}

/** @throws Refused for what the API would not take from a token. */
function checked({ email, role, ...rest }: Record<string, string | undefined>): Asked {
  const address = email && readEmailAddress(email);
  if (email !== undefined && !address) throw new Refused(`--email ${email} is not an e-mail address`);
  if (role && !roles.some((one) => one === role))
    throw new Refused(`--role ${role} is none of: ${roles.join(', ')}`);
  for (const [name, value] of Object.entries(rest))
    if (value && !isName(value))
      throw new Refused(`--${name} has characters that the API refuses, or too many`);
  return { email: address, role: role as Role | undefined, ...rest };
}

const { values, positionals } = commandLine(usage, {
  allowPositionals: true,
  options: {
    stage: { type: 'string' },
    region: { type: 'string' },
    email: { type: 'string' },
    tenant: { type: 'string' },
    role: { type: 'string' },
    organization: { type: 'string' },
    creator: { type: 'string' },
  },
});

try {
  const { stage, region, ...rest } = values;
  const [name = '', ...more] = positionals;
  const command = commands[name];
  if (!command || more.length > 0)
    misused(usage, `name one thing to do: ${Object.keys(commands).join(', ')}`);
  const asked = checked(rest);
  const place = { stage: required(stage, '--stage'), region };
  const poolId = outputOf(await stageOutputs(place), 'UserPoolId', place);
  const client = new CognitoIdentityProviderClient(region ? { region } : {});
  console.log(await command(new PoolUsers(client, poolId), asked));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
