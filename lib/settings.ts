import type { Node } from 'constructs';
import * as z from 'zod';
import { tables } from '../core/contract/resources.ts';

/**
 * The address at which `npm run token` waits for the browser by default. Cognito compares callbacks as whole
 * texts, so the port is fixed; `http` is allowed for `localhost` only (CreateUserPoolClient, CallbackURLs).
 */
const commandLineCallback = 'http://localhost:8976/signed-in';

/** An address that a browser may be sent back to: `https`, or `http` on this machine. */
const ReturnUrl = z.union([
  z.url({ protocol: /^https$/ }),
  z.url({ protocol: /^http$/, hostname: /^localhost$/ }),
]);

/** Sign-in on the Cognito user pool of the stack. */
const SignIn = z.strictObject({
  /**
   * The name of the sign-in page under `auth.<region>.amazoncognito.com`, one for all accounts of a Region.
   * Default: `bulkhead-<stage>-<account>`. Cognito takes no name with `aws`, `amazon` or `cognito` in it.
   */
  domainPrefix: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    .regex(/^(?!.*(aws|amazon|cognito))/)
    .optional(),
  /**
   * Addresses that a browser may return to after signing in, beside the stage's console. One of
   * `http://localhost:…` is where `npm run token` waits.
   */
  callbackUrls: z.array(ReturnUrl).max(99).default([commandLineCallback]),
  /** Addresses that a browser may return to after signing out, beside the stage's console. */
  logoutUrls: z.array(ReturnUrl).max(99).default([]),
  /** Minutes for which ID and access tokens are valid. */
  tokenMinutes: z.int().min(15).max(60).default(60),
  /** Hours for which a session can be continued without the password: at most a day where data is kept. */
  refreshHours: z.int().min(1).max(720).default(24),
});

/** A domain of your own in front of the API. */
const Domain = z
  .strictObject({
    /** The host, for example `api.example.com`. */
    name: z.string().regex(/^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,9}$/),
    /** The certificate in AWS Certificate Manager, in the stack's Region, that covers the name. */
    certificateArn: z.string().regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/),
    /** The hosted zone of Route 53 in which the name becomes an alias of the API. */
    hostedZoneId: z
      .string()
      .regex(/^Z[A-Z0-9]+$/)
      .optional(),
    /** The name of that zone, for example `example.com`. */
    hostedZoneName: z.string().optional(),
    /** False if the API answers at this name only, and no longer at API Gateway's own address. */
    defaultEndpoint: z.boolean().default(true),
  })
  .refine(
    ({ hostedZoneId, hostedZoneName }) => (hostedZoneId === undefined) === (hostedZoneName === undefined),
    {
      error: 'hostedZoneId and hostedZoneName belong together',
    },
  )
  .refine(({ name, hostedZoneName: zone }) => !zone || name === zone || name.endsWith(`.${zone}`), {
    error: 'the name is not in the zone hostedZoneName',
    path: ['name'],
  });

/** An audience as a stage variable of API Gateway takes it (Stage, Variables), without the separator. */
const Audience = z.string().regex(/^[A-Za-z0-9._~:/?#&=-]+$/);

/** Settings of a stage, with their defaults. The stages' own values are in `cdk.json` under `stages`. */
const Values = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  /** An OpenID Connect issuer in place of a Cognito user pool of our own. */
  auth: z
    .strictObject({
      issuer: z.url({ protocol: /^https$/ }),
      /** The audiences of which a token must name one. */
      audience: z.array(Audience).min(1),
      /** The URL of its keys. Default: `/.well-known/jwks.json` under the issuer. */
      jwksUri: z.url({ protocol: /^https$/ }).optional(),
    })
    .optional(),
  /** Sign-in on that user pool. A stage with `auth` has none. */
  signIn: SignIn.optional(),
  /** A domain of your own. Default: API Gateway's address, with the stage as the first part of each path. */
  domain: Domain.optional(),
  /** Origins of web pages that may call from a browser; `*` for any. */
  corsOrigins: z.array(z.string().min(1)).default([]),
  /** True if `/metrics` answers without a token. */
  metricsOpen: z.boolean().default(false),
  /**
   * Rate limits in place of the contracts' own, by endpoint, as `calls/seconds` or `off`, for example
   * `{ "patients.create": "100/60" }`. An exact limit keeps a slot for each call of a window, which every
   * counted call reads and writes: keep it below a few hundred.
   */
  rateLimits: z.record(z.string(), z.string().regex(/^(off|[1-9]\d{0,2}\/[1-9]\d{0,5})$/)).default({}),
  /** True if tables outlive the stack, cannot be deleted, and are encrypted by keys of the account. */
  keepData: z.boolean().default(true),
  /**
   * Tables of the account in place of the stack's own, by the name of each: restored ones, with the keys and
   * indexes that they had. The stack's own stay as they are.
   */
  tableNames: z.partialRecord(z.enum(tables), z.string().regex(/^[a-zA-Z0-9_.-]{3,255}$/)).default({}),
  /**
   * The KMS key that an earlier stack of the stage left with its tables, for a stack that goes on with them.
   * Default: a key of its own.
   */
  sealingKeyArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/)
    .optional(),
  /** Days that logs are kept, of those that CloudWatch offers. */
  logDays: z.literal([7, 14, 30, 90, 180, 365, 731]).default(30),
  /** True if a web firewall stops floods and known attacks. It costs a few dollars a month. */
  firewall: z.boolean().default(false),
  /** The chain that holds the prices of content. */
  stacks: z
    .strictObject({
      network: z.enum(['mainnet', 'testnet']).default('testnet'),
      /** The URL of a Stacks node with its API. Default: the network's public one. */
      apiUrl: z.url({ protocol: /^https$/ }).optional(),
      /** The contract with the prices, as `ADDRESS.name`. Default: `content-prices` of the signer. */
      contract: z
        .string()
        .regex(/^S[0-9A-Z]{20,50}\.[a-zA-Z][a-zA-Z0-9-]{0,127}$/)
        .optional(),
      /**
       * The fee of one call in micro-STX. 3,000 cleared on testnet; the fee of a stuck transaction is raised
       * automatically.
       */
      fee: z.int().min(200).max(1_000_000).default(3_000),
      /**
       * Burn blocks (Bitcoin's, of about ten minutes; a tenure begins with one) under which a price is
       * settled for good. The block of its transaction is the first.
       */
      confirmations: z.int().min(1).max(100).default(6),
      /**
       * Seconds by which the API may lag behind its node, or one of several nodes behind `apiUrl` behind the
       * others. A call that the node refuses, or that is gone, is looked for so long.
       */
      apiLagSeconds: z.number().min(0.1).max(600).default(15),
    })
    .prefault({}),
  /**
   * Requests a minute with one API key of Cliniko, which allows 200 (its API documentation, "Rate limiting").
   */
  clinikoCallsPerMinute: z.int().min(1).max(1_000).default(200),
  /** The provider of text messages. */
  sms: z
    .strictObject({
      /** AWS End User Messaging SMS, or Beem Africa, whose keys are in the secret `smsKeys/beem`. */
      provider: z.enum(['aws', 'beem']).default('aws'),
      /** The kind of messages: `PROMOTIONAL` is cheaper, and held back at night in some countries. */
      messageType: z.enum(['TRANSACTIONAL', 'PROMOTIONAL']).default('TRANSACTIONAL'),
      /** The configuration set of the account that AWS applies to them. */
      configurationSet: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/)
        .optional(),
    })
    .prefault({}),
  /**
   * True if the stack `Bulkhead-account` sets the role with which API Gateway writes the logs of all APIs of
   * the account in the Region. False where the account has one already.
   */
  accountLogRole: z.boolean().default(true),
  /**
   * The most runs of one queue's consumer at a time, from 2 (the least that SQS takes) to 1,000. A backlog
   * takes so much of the account's concurrency from callers, which is ten in a fresh account.
   */
  queueRunsMax: z.int().min(2).max(1_000).default(2),
  /**
   * Units a second that tables are ready for without having grown into them, by table; `all` is for those
   * that it does not name. At least 12,000 reads and 4,000 writes, what DynamoDB gives a new table. Paid
   * once, when it is raised; it cannot be lowered.
   */
  warmThroughput: z
    .partialRecord(
      z.enum(['all', ...tables]),
      z.strictObject({
        readUnitsPerSecond: z.int().min(12_000).optional(),
        writeUnitsPerSecond: z.int().min(4_000).optional(),
      }),
    )
    .default({}),
  /** The e-mail address that alarms notify. */
  alarmEmail: z.email().optional(),
  /** True if the stage has alarms and a dashboard, $3 to $8 a month. Default: where data is kept. */
  alarms: z.boolean().optional(),
});

/** The settings of a stage: checked together, with the defaults of what is left out. */
const Settings = Values.superRefine(({ stage, auth, signIn, keepData }, { addIssue }) => {
  if (auth && signIn)
    addIssue({ code: 'custom', path: ['signIn'], message: 'the issuer of `auth` signs its users in itself' });
  if (!auth && !signIn?.domainPrefix && /aws|amazon|cognito/.test(stage))
    addIssue({
      code: 'custom',
      path: ['signIn', 'domainPrefix'],
      message:
        'needed for this stage: Cognito takes no sign-in page with `aws`, `amazon` or `cognito` in its name',
    });
  if (keepData && signIn && signIn.refreshHours > 24)
    addIssue({
      code: 'custom',
      path: ['signIn', 'refreshHours'],
      message: 'where data is kept, a session ends after a day at most: 1 to 24',
    });
}).transform(({ signIn, alarms, ...rest }) => ({
  ...rest,
  signIn: signIn ?? SignIn.parse({}),
  alarms: alarms ?? rest.keepData,
}));
export type Settings = z.output<typeof Settings>;

/**
 * Reads the settings of the stage that the context names (`-c stage=prod`; default `dev`). Those of
 * `-c settings={…}` win over those of `cdk.json`.
 *
 * @throws z.ZodError naming a setting that is unknown or wrong.
 */
export function settingsOf(node: Node): Settings {
  const stage: unknown = node.tryGetContext('stage') ?? 'dev';
  return readSettings(String(stage), node.tryGetContext('stages'), node.tryGetContext('settings'));
}

const Stages = z.record(z.string(), z.record(z.string(), z.unknown())).default({});

/**
 * The settings of a stage.
 *
 * @param stages those of `cdk.json`, by stage.
 * @param own settings that win over them, as an object or as JSON.
 * @throws z.ZodError naming a setting that is unknown or wrong.
 */
export function readSettings(stage: string, stages: unknown, own: string | object = {}): Settings {
  const overrides: object = typeof own === 'string' ? JSON.parse(own) : own;
  return Settings.parse({ stage, ...Stages.parse(stages)[stage], ...overrides });
}
