/**
 * AWS's list prices in US dollars for us-east-1, without free tiers. From the services' pricing pages, as they
 * were on the date below; look them up again before a budget depends on them.
 */
export const prices = {
  asOf: '2026-06-01',
  source: 'https://aws.amazon.com/pricing/ of each service, on-demand, us-east-1',
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** A gigabyte of a table and of its point-in-time recovery for a month. */
  tableGb: 0.25,
  recoveryGb: 0.2,
  apiCall: 3.5 / 1e6,
  invocation: 0.2 / 1e6,
  /** A gigabyte of memory for a second, on arm64. */
  gbSecond: 0.0000133334,
  sqsRequest: 0.4 / 1e6,
  transition: 25 / 1e6,
  /** A PUT, POST or LIST of S3. */
  s3Request: 5 / 1e6,
  secret: 0.4,
  secretRequest: 0.05 / 1e4,
  kmsKey: 1,
  kmsRequest: 0.03 / 1e4,
  /** A metric that an alarm looks at, for a month; of a query, each metric that it finds. */
  alarmMetric: 0.1,
  dashboard: 3,
  /** A gigabyte of lines taken in. */
  logGb: 0.5,
  webAcl: 5,
  webAclRule: 1,
  trace: 5 / 1e6,
} as const;

/**
 * What of that is free in each month of an account, without an end ("Always free", and the pages of prices);
 * all stages of the account share it.
 */
export const allowances = {
  asOf: '2026-06-01',
  source: 'https://aws.amazon.com/free/ and the pricing page of each service, always-free offers',
  /** Only of alarms that name their metrics; a query has none. */
  alarmMetrics: 10,
  /** Each of up to 50 metrics. */
  dashboards: 3,
  dashboardMetricsMax: 50,
  sqsRequests: 1e6,
  invocations: 1e6,
  gbSeconds: 400_000,
  logGb: 5,
  traces: 100_000,
  kmsRequests: 20_000,
  transitions: 4_000,
  tableGb: 25,
} as const;

/**
 * Bytes of the lines of one run of a schedule with nothing to do: Lambda's START, END and REPORT, one of our
 * own, and the 26 that CloudWatch adds to each (CloudWatch pricing, "Logs").
 */
export const logBytesPerRun = 700;

/**
 * What the local run cannot tell: how long an invocation is billed for, in milliseconds. Of a small one with
 * a few requests to DynamoDB; machines here are not those of AWS.
 */
export const billedMs = 60;

export const hoursPerMonth = 730;
