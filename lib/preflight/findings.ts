import type { Settings } from '../settings.ts';
import { type AccountFacts, bootstrapParameter, type Fact } from './account.ts';

/** Something to know before a deployment. */
export interface Finding {
  /** `blocks`: it fails, or could not be run. `advice`: it works, but not as wanted. */
  kind: 'blocks' | 'advice' | 'could not be checked';
  what: string;
  /** What to do about it. */
  remedy: string;
}

/** The version of `cdk bootstrap` that deployments need (CDK, `BootstrapVersion` of its templates). */
const bootstrapVersionMin = 6;

/**
 * Executions below which callers meet a full account: schedules and queues of a stage take up to twenty, and
 * a fresh account has ten. AWS's default is 1,000 (Lambda quotas).
 */
const executionsMin = 100;

/** AWS's own default, which is what to ask for. */
const awsExecutionsMax = 1_000;

/** Lambda's quota "Concurrent executions", by its code in Service Quotas. */
const executionsQuota = 'L-B99A9384';

type Rule = (facts: AccountFacts, settings: Settings) => Finding[];

/** The findings about a fact, or that it could not be read. */
function about<T>(
  name: string,
  fact: Fact<T>,
  permission: string,
  judge: (known: T) => Finding[],
): Finding[] {
  if ('known' in fact) return judge(fact.known);
  return [
    {
      kind: 'could not be checked',
      what: `${name}: ${fact.unknown}`,
      remedy: `allow ${permission} to your role, or look it up in the console`,
    },
  ];
}

const bootstrap: Rule = ({ bootstrapVersion }) =>
  about('CDK’s bootstrap', bootstrapVersion, 'ssm:GetParameter', (version) =>
    version !== undefined && version >= bootstrapVersionMin
      ? []
      : [
          {
            kind: 'blocks',
            what: version
              ? `CDK’s bootstrap has version ${version}, and deployments need ${bootstrapVersionMin}`
              : `the account has no bootstrap of CDK in this Region (parameter ${bootstrapParameter})`,
            remedy: 'npx cdk bootstrap',
          },
        ],
  );

const executions: Rule = ({ concurrentExecutionsMax }) =>
  about('Lambda’s concurrency', concurrentExecutionsMax, 'lambda:GetAccountSettings', (max) =>
    max >= executionsMin
      ? []
      : [
          {
            kind: 'advice',
            what: `the account runs ${max} functions at a time: with more callers than that, some get 503`,
            remedy:
              'aws service-quotas request-service-quota-increase --service-code lambda ' +
              `--quota-code ${executionsQuota} --desired-value ${awsExecutionsMax}`,
          },
        ],
  );

const alarms: Rule = (_, { alarms: isOn, alarmEmail, keepData, stage }) => {
  if (!keepData) return [];
  const untold = `the stage ${stage} keeps data, and`;
  if (!isOn)
    return [
      {
        kind: 'advice',
        what: `${untold} its alarms are off: its failures are told to no one`,
        remedy: 'leave out the setting alarms, unless something else watches the stage',
      },
    ];
  if (alarmEmail) return [];
  return [
    {
      kind: 'blocks',
      what: `${untold} has no alarmEmail: its failures would be told to no one`,
      remedy: `set it in cdk.json under stages.${stage}, or by -c settings='{"alarmEmail":"ops@example.com"}'`,
    },
  ];
};

/** The role that the stack `Bulkhead-account` made has its name in front. */
const ownLogRole = /:role\/Bulkhead-account-/;

const logRole: Rule = ({ apiGatewayLogRole }, { accountLogRole }) =>
  about('API Gateway’s role for logs', apiGatewayLogRole, 'apigateway:GET on /account', (role) => {
    if (!accountLogRole && !role)
      return [
        {
          kind: 'blocks',
          what: 'API Gateway has no role for logs in this account, and accountLogRole is false',
          remedy: 'set accountLogRole to true, or give it one in the console of API Gateway under Settings',
        },
      ];
    if (accountLogRole && role && !ownLogRole.test(role))
      return [
        {
          kind: 'advice',
          what: `API Gateway writes logs with ${role}, which the stack Bulkhead-account would replace`,
          remedy: 'set accountLogRole to false if it may write to any log group',
        },
      ];
    return [];
  });

const texts: Rule = ({ smsTier, smsSenders }, { sms }) =>
  sms.provider !== 'aws'
    ? []
    : [
        ...about('the tier of text messages', smsTier, 'sms-voice:DescribeAccountAttributes', (tier) =>
          tier === 'PRODUCTION'
            ? []
            : [
                {
                  kind: 'advice',
                  what: 'text messages are in the sandbox: they reach verified numbers only',
                  remedy: 'ask for production access in the console of AWS End User Messaging SMS',
                },
              ],
        ),
        ...about('sender ids', smsSenders, 'sms-voice:DescribeSenderIds', (senders) =>
          senders > 0
            ? []
            : [
                {
                  kind: 'advice',
                  what: 'no sender id is registered: every text message is refused',
                  remedy:
                    'register one in the console of AWS End User Messaging SMS, or set sms.provider to beem',
                },
              ],
        ),
      ];

/** What to know before a stage is deployed to an account; nothing if all is well. */
export function findingsOf(facts: AccountFacts, settings: Settings): Finding[] {
  const { account } = facts;
  if ('unknown' in account)
    return [
      {
        kind: 'blocks',
        what: `there are no valid credentials of an AWS account: ${account.unknown}`,
        remedy: 'sign in (aws sso login, or aws configure), and name the profile by AWS_PROFILE',
      },
      ...alarms(facts, settings),
    ];
  return [bootstrap, alarms, logRole, executions, texts].flatMap((rule) => rule(facts, settings));
}
