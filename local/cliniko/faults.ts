/** Everything unpleasant that Cliniko, or what lies between, was seen to do. */
export const faultNames = [
  // Limits
  'rate_limited',
  'rate_limited_past',
  'rate_limited_silent',
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
  'slow_header',
  'slow_body',
  'cut_body',
  'short_body',
  'bad_gzip',
  // Contents
  'unicode',
  'sparse',
  'numeric_ids',
  'broken_records',
  'merged',
  // Accounts
  'key_revoked',
  'forbidden',
  'wrong_shard',
  'moved',
  'settings_forbidden',
  // Pages that mislead
  'next_self',
  'next_elsewhere',
  'huge_page',
  'wrong_schema',
] as const;
export type FaultName = (typeof faultNames)[number];

/** A fault, and which requests of the lists of patients it meets: all, unless told. */
export interface Fault {
  readonly name: FaultName;
  /** Only this page. */
  readonly page?: number;
  /** Only after so many requests. */
  readonly after?: number;
  /** Only every n-th request. */
  readonly every?: number;
  /** Only this share of requests, 0..1. */
  readonly rate?: number;
  /** At most so often. */
  readonly times?: number;
  /** Of a rate limit: seconds until its reset. */
  readonly seconds?: number;
}

/** A fault in its account, with what it did so far. */
export interface ArmedFault extends Fault {
  done: number;
}

/** Whether a fault meets a request, which then counts as met. */
export function strikes(fault: ArmedFault, call: number, page: number, random: () => number): boolean {
  if (fault.times !== undefined && fault.done >= fault.times) return false;
  if (fault.page !== undefined && fault.page !== page) return false;
  if (fault.after !== undefined && call <= fault.after) return false;
  if (fault.every !== undefined && call % fault.every !== 0) return false;
  if (fault.rate !== undefined && random() >= fault.rate) return false;
  fault.done += 1;
  return true;
}
