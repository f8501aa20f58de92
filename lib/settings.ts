import type { Node } from 'constructs';
import * as z from 'zod';

/** What may differ between stages, each with what holds when a stage says nothing. In `cdk.json` under `stages`. */
export const Settings = z.strictObject({
  stage: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  /** An OpenID Connect issuer in place of a Cognito user pool of our own. */
  auth: z
    .strictObject({
      issuer: z.url({ protocol: /^https$/ }),
      /** A token must be for one of these. */
      audience: z.array(z.string().min(1)).min(1),
      /** Where its keys are; `/.well-known/jwks.json` under the issuer unless told. */
      jwksUri: z.url({ protocol: /^https$/ }).optional(),
    })
    .optional(),
  /** Web pages that may call from a browser; `*` for any. */
  corsOrigins: z.array(z.string().min(1)).default([]),
  /** Whether `/metrics` answers without a token. */
  metricsOpen: z.boolean().default(false),
  /**
   * Limits in place of the contracts' own, by endpoint, as `calls/seconds` or `off`: `{ "patients.create": "100/60" }`. Exactness
   * takes a slot for each call of a window, which every counted call reads and writes: keep them below a few hundred.
   */
  rateLimits: z.record(z.string(), z.string().regex(/^(off|[1-9]\d{0,2}\/[1-9]\d{0,5})$/)).default({}),
  /** Whether tables outlive the stack and cannot be deleted, and are encrypted by keys of the account. */
  keepData: z.boolean().default(true),
  /** Days that logs are kept; one of CloudWatch's own figures. */
  logDays: z.union([7, 14, 30, 90, 180, 365, 731].map((days) => z.literal(days))).default(30),
  /** Whether a web firewall keeps floods and known attacks off. It costs a few dollars a month. */
  firewall: z.boolean().default(false),
  /** The chain that holds the prices of content. */
  stacks: z
    .strictObject({
      network: z.enum(['mainnet', 'testnet']).default('testnet'),
      /** A Stacks node with its API; the network's public one unless told. */
      apiUrl: z.url({ protocol: /^https$/ }).optional(),
      /** The contract with the prices, as `ADDRESS.name`; `content-prices` of the signer unless told. */
      contract: z
        .string()
        .regex(/^S[0-9A-Z]{20,50}\.[a-zA-Z][a-zA-Z0-9-]{0,127}$/)
        .optional(),
      /** Micro-STX for one call. 3,000 cleared on testnet; what is stuck is raised by itself. */
      fee: z.int().min(200).max(1_000_000).default(3_000),
    })
    .prefault({}),
  /** Requests a minute that are made with one API key of Cliniko, which takes 200 (its API documentation, "Rate limiting"). */
  clinikoCallsPerMinute: z.int().min(1).max(1_000).default(200),
  /** Who carries text messages. */
  sms: z
    .strictObject({
      /** AWS End User Messaging SMS, or Beem Africa, whose keys are the secret `smsKeys/beem`. */
      provider: z.enum(['aws', 'beem']).default('aws'),
      /** How carriers treat them: `PROMOTIONAL` is cheaper, and held back at night in some countries. */
      messageType: z.enum(['TRANSACTIONAL', 'PROMOTIONAL']).default('TRANSACTIONAL'),
      /** A configuration set of the account that they go by. */
      configurationSet: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/)
        .optional(),
    })
    .prefault({}),
  /** Who is told of alarms. */
  alarmEmail: z.email().optional(),
});
export type Settings = z.output<typeof Settings>;

/**
 * The settings of the stage that the context names (`-c stage=prod`; `dev` unless told), with `-c settings={…}` over those of `cdk.json`.
 *
 * @throws z.ZodError naming a setting that is unknown or wrong.
 */
export function settingsOf(node: Node): Settings {
  const stage: unknown = node.tryGetContext('stage') ?? 'dev';
  const stages = (node.tryGetContext('stages') ?? {}) as Record<string, object>;
  const own: unknown = node.tryGetContext('settings') ?? {};
  const overrides = typeof own === 'string' ? (JSON.parse(own) as object) : (own as object);
  return Settings.parse({ stage, ...stages[String(stage)], ...overrides });
}
