/** Faults that were observed at Cliniko or on the way to it. */
export const faultNames = [
  // Limits
  'rate_limited',
  'rate_limited_past',
  'rate_limited_silent',
  'rate_limited_date',
  // Lists that change while they are read
  'archived_during_walk',
  'created_during_walk',
  'updated_during_walk',
  'deleted_during_walk',
  'repeated_row',
  'total_changes',
  'total_zero',
  'short_list',
  // Servers
  'server_error',
  'html_error',
  'html_page',
  'maintenance',
  'no_answer',
  'slow_header',
  'slow_body',
  'cut_body',
  'short_body',
  'bad_gzip',
  // Content
  'unicode',
  'sparse',
  'numeric_ids',
  'odd_fields',
  'broken_records',
  'merged',
  // Account
  'key_revoked',
  'forbidden',
  'wrong_shard',
  'moved',
  'settings_forbidden',
  // Misleading pages
  'next_self',
  'next_elsewhere',
  'huge_page',
  'wrong_schema',
] as const;
export type FaultName = (typeof faultNames)[number];

/** A fault and the list requests that it affects: all, unless the fields restrict them. */
export interface ClinikoFault {
  readonly name: FaultName;
  /** Only requests for this page. */
  readonly page?: number;
  /** Only after this number of requests. */
  readonly after?: number;
  /** Only every n-th request. */
  readonly every?: number;
  /** With `every`: as many requests one after another, from each n-th on. */
  readonly streak?: number;
  /** Only this share of the requests, 0 to 1. */
  readonly rate?: number;
  /** At most this number of times. */
  readonly times?: number;
  /** For a rate limit or maintenance: seconds until its end. */
  readonly seconds?: number;
}

/** A fault of an account; `done` counts the requests that it has affected. */
export interface ArmedFault extends ClinikoFault {
  done: number;
}

/** True if the fault affects a request; increments `done` then. */
export function strikes(fault: ArmedFault, call: number, page: number, random: () => number): boolean {
  if (fault.times !== undefined && fault.done >= fault.times) return false;
  if (fault.page !== undefined && fault.page !== page) return false;
  if (fault.after !== undefined && call <= fault.after) return false;
  if (fault.every !== undefined && call % fault.every >= (fault.streak ?? 1)) return false;
  if (fault.rate !== undefined && random() >= fault.rate) return false;
  fault.done += 1;
  return true;
}
