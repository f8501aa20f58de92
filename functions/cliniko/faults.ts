/**
 * Reasons for which a request to Cliniko or a whole sync fails, by the name that the error has in the
 * workflow: code and text for callers, and the HTTP status if a caller waits.
 */
export const clinikoFaults = {
  ClinikoAuthFailed: { code: 'CLINIKO_AUTH_FAILED', status: 401, text: 'Invalid Cliniko credentials' },
  ClinikoForbidden: {
    code: 'CLINIKO_FORBIDDEN',
    status: 403,
    text: 'The Cliniko user of this API key may not do this',
  },
  ClinikoRateLimited: { code: 'CLINIKO_RATE_LIMITED', status: 429, text: 'Cliniko API rate limit exceeded' },
  ClinikoUnavailable: {
    code: 'CLINIKO_UNAVAILABLE',
    status: 502,
    text: 'Cliniko does not answer, or not as its documentation says',
  },
  ClinikoMoved: {
    code: 'CLINIKO_UNAVAILABLE',
    status: 502,
    text: 'Cliniko points to another host: check the shard at the end of the API key',
  },
  ClinikoRefused: { code: 'CLINIKO_UNAVAILABLE', status: 502, text: 'Cliniko refuses the request' },
  ClinikoAccountChanged: {
    code: 'CLINIKO_ACCOUNT_CHANGED',
    status: 409,
    text: 'The API key was replaced by one of another account: start the sync again',
  },
  SyncIncomplete: {
    code: 'SYNC_INCOMPLETE',
    status: 502,
    text: 'Cliniko counts more patients than its lists show',
  },
  SyncInterrupted: { code: 'SYNC_INTERRUPTED', status: 500, text: 'The sync was interrupted too often' },
  SyncCanceled: { code: 'SYNC_CANCELED', status: 409, text: 'The sync was cancelled' },
  /** A write that the table rejects because of the items it holds. */
  InvalidActions: {
    code: 'DATABASE_CONSTRAINT_ERROR',
    status: 500,
    text: 'The database refused to store a page',
  },
} as const satisfies Record<string, { code: string; status: number; text: string }>;

export type FaultName = keyof typeof clinikoFaults;

/** Faults that the workflow does not retry: the key, the account or the request must change first. */
export const permanentFaults: readonly FaultName[] = [
  'ClinikoAuthFailed',
  'ClinikoForbidden',
  'ClinikoRateLimited',
  'ClinikoMoved',
  'ClinikoRefused',
  'ClinikoAccountChanged',
  'SyncIncomplete',
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
 * Code, status and text for an error by its name; `INTERNAL_ERROR` for one that is not in `clinikoFaults`.
 */
export const describeFault = (name: string): { code: string; status: number; text: string } =>
  Object.entries(clinikoFaults).find(([known]) => known === name)?.[1] ?? {
    code: 'INTERNAL_ERROR',
    status: 500,
    text: 'Internal error',
  };
