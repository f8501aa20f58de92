/** What callers are told about a fault. */
interface FaultText {
  readonly code: string;
  /** HTTP status if a caller waits. */
  readonly status: number;
  readonly text: string;
  /** What the reader of a sync log can do about it. */
  readonly action: string;
}

const startAgain = 'Start the sync again: patients that were stored stay';
const contactSupport = 'Start the sync again; if it fails again, tell the operator the id of this log';

/**
 * Reasons for which a request to Cliniko or a whole sync fails, by the name that the error has in the
 * workflow.
 */
export const clinikoFaults = {
  ClinikoAuthFailed: {
    code: 'CLINIKO_AUTH_FAILED',
    status: 401,
    text: 'Invalid Cliniko credentials',
    action: 'Store a valid API key in the settings of the organisation, and start the sync again',
  },
  ClinikoForbidden: {
    code: 'CLINIKO_FORBIDDEN',
    status: 403,
    text: 'The Cliniko user of this API key may not do this',
    action: 'Let the Cliniko user of this API key read patients, or store the key of a user who may',
  },
  ClinikoRateLimited: {
    code: 'CLINIKO_RATE_LIMITED',
    status: 429,
    text: 'Cliniko API rate limit exceeded',
    action: 'Start the sync again later, and see whether another application uses the same API key',
  },
  ClinikoUnavailable: {
    code: 'CLINIKO_UNAVAILABLE',
    status: 502,
    text: 'Cliniko does not answer, or not as its documentation says',
    action: 'Start the sync again when Cliniko works; `metadata.retries` counts what went wrong',
  },
  ClinikoMoved: {
    code: 'CLINIKO_UNAVAILABLE',
    status: 502,
    text: 'Cliniko points to another host: check the shard at the end of the API key',
    action: 'Store an API key that ends in the shard of the account, such as -au1',
  },
  ClinikoRefused: {
    code: 'CLINIKO_UNAVAILABLE',
    status: 502,
    text: 'Cliniko refuses the request',
    action: 'Check that the API key ends in the shard of the account, such as -au1',
  },
  ClinikoAccountChanged: {
    code: 'CLINIKO_ACCOUNT_CHANGED',
    status: 409,
    text: 'The API key was replaced by one of another account: start the sync again',
    action: 'Start the sync again: it reads all patients of the new account',
  },
  SyncIncomplete: {
    code: 'SYNC_INCOMPLETE',
    status: 502,
    text: 'Cliniko counts more patients than its lists show',
    action: startAgain,
  },
  SyncInterrupted: {
    code: 'SYNC_INTERRUPTED',
    status: 500,
    text: 'The sync was interrupted too often',
    action: startAgain,
  },
  SyncCanceled: {
    code: 'SYNC_CANCELED',
    status: 409,
    text: 'The sync was cancelled',
    action: startAgain,
  },
  /** A write that the table rejects because of the items it holds. */
  InvalidActions: {
    code: 'DATABASE_CONSTRAINT_ERROR',
    status: 500,
    text: 'The database refused to store a page',
    action: contactSupport,
  },
} as const satisfies Record<string, FaultText>;

export type FaultName = keyof typeof clinikoFaults;

/**
 * Faults that the workflow does not retry: the key, the account or the request must change first, or the step
 * has repeated its calls itself.
 */
export const permanentFaults: readonly FaultName[] = [
  'ClinikoAuthFailed',
  'ClinikoForbidden',
  'ClinikoRateLimited',
  'ClinikoUnavailable',
  'ClinikoMoved',
  'ClinikoRefused',
  'ClinikoAccountChanged',
  'SyncIncomplete',
  'InvalidActions',
];

/** A fault of Cliniko. A workflow sees only its name; its text is for callers and contains no data. */
export class ClinikoFault extends Error {
  override readonly name: FaultName;

  constructor(name: FaultName) {
    super(clinikoFaults[name].text);
    this.name = name;
  }
}

/**
 * How a call to Cliniko fails that may succeed when it is repeated: by a status of 5xx, 408 or 425, a
 * connection that was refused or cut, no whole answer in time, a body that cannot be read, JSON of another
 * shape than documented, or no list where one was, a refusal that the next try did not confirm, or the rate
 * limit.
 */
export const failureKinds = [
  'server_error',
  'connection',
  'timeout',
  'unreadable',
  'unexpected',
  'refused',
  'rate_limited',
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** A call to Cliniko failed in a way that may pass. */
export class FailedCall extends ClinikoFault {
  readonly kind: FailureKind;
  /** The time before which Cliniko asks not to be called, in milliseconds since the epoch. */
  readonly until: number | undefined;

  constructor(kind: FailureKind, until?: number) {
    super('ClinikoUnavailable');
    this.kind = kind;
    this.until = until;
  }
}

const unavailable = (code: string, text: string): FaultText => ({
  code,
  status: 503,
  text,
  action: startAgain,
});

/**
 * Errors of Lambda, Step Functions, DynamoDB and KMS by the names that a workflow sees (Step Functions
 * developer guide, "Error names"; Lambda API reference, Invoke).
 */
const machineFaults: Readonly<Record<string, FaultText>> = {
  'Lambda.TooManyRequestsException': unavailable(
    'SYNC_INTERRUPTED',
    'Too many functions were running at the same time for too long',
  ),
  'Lambda.Unknown': unavailable('SYNC_INTERRUPTED', 'A step of the sync died again and again'),
  'Sandbox.Timedout': unavailable('SYNC_INTERRUPTED', 'A step of the sync took too long again and again'),
  'States.Timeout': unavailable('SYNC_INTERRUPTED', 'A step of the sync took too long again and again'),
  /** A request that DynamoDB did not take in time. */
  Unavailable: unavailable('DATABASE_UNAVAILABLE', 'The database could not be reached for too long'),
  /** An API key that could not be decrypted in time. */
  SecretUnavailable: unavailable(
    'API_KEY_UNAVAILABLE',
    'The API key of the organisation could not be decrypted for too long',
  ),
};

/**
 * What to tell about an error by its name; `INTERNAL_ERROR` for one that no list here has.
 */
export const describeFault = (name: string): FaultText =>
  [clinikoFaults, machineFaults]
    .flatMap((faults): [string, FaultText][] => Object.entries(faults))
    .find(([known]) => known === name)?.[1] ?? {
    code: 'INTERNAL_ERROR',
    status: 500,
    text: 'Internal error',
    action: contactSupport,
  };
