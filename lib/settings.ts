import type { Node } from 'constructs';
import * as z from 'zod';

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
  const stages: Record<string, object> = node.tryGetContext('stages') ?? {};
  const own: string | object = node.tryGetContext('settings') ?? {};
  const overrides: object = typeof own === 'string' ? JSON.parse(own) : own;
  return Settings.parse({ stage, ...stages[String(stage)], ...overrides });
}
