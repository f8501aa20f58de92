import type { Node } from 'constructs';
import * as z from 'zod';
import { tables } from '../core/contract/resources.ts';

/** Settings of a stage, with their defaults. The stages' own values are in `cdk.json` under `stages`. */
export const Settings = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  /** An OpenID Connect issuer in place of a Cognito user pool of our own. */
  auth: z
    .strictObject({
      issuer: z.url({ protocol: /^https$/ }),
      /** The audiences of which a token must name one. */
      audience: z.array(z.string().min(1)).min(1),
      /** The URL of its keys. Default: `/.well-known/jwks.json` under the issuer. */
      jwksUri: z.url({ protocol: /^https$/ }).optional(),
    })
    .optional(),
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
});
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
