import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { period } from '../metrics.ts';
import type { AlarmProps } from './alarm.ts';

/** Milliseconds: 80 % of the 29 seconds after which the gateway gives up. */
const latencyMsMax = 23_000;

/** Alarms of what callers notice, for one stage of one API. */
export const apiAlarms = (api: Stage): AlarmProps[] => [
  {
    name: 'ServerErrors',
    metric: api.metricServerError({ period, statistic: 'Sum' }),
    threshold: 0,
    hurt: 'Callers get 5xx: their work was not done, and they may retry.',
    runbook: 'Server errors',
  },
  {
    name: 'Slow',
    metric: api.metricLatency({ period, statistic: 'p99' }),
    threshold: latencyMsMax,
    hurt: 'One caller in a hundred waits almost until the gateway’s timeout.',
    runbook: 'Slow answers',
  },
  {
    name: 'Throttles',
    // Without dimensions it sums over the account's functions in this Region, which share one limit.
    metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', period, statistic: 'Sum' }),
    threshold: 0,
    hurt: 'Callers are rejected and workers wait: the account has no free Lambda capacity.',
    runbook: 'Throttling',
  },
];

/** Requests that the firewall may block in a period before an operator is told. */
const blockedRequestsMax = 100;

/**
 * The alarm of a web firewall, whose metrics have the dimensions WebACL, Region and Rule (WAF developer
 * guide, "Metrics and dimensions").
 *
 * @param acl the name of its metric.
 */
export const firewallAlarm = (acl: string, region: string): AlarmProps => ({
  name: 'Blocked',
  metric: new Metric({
    namespace: 'AWS/WAFV2',
    metricName: 'BlockedRequests',
    dimensionsMap: { WebACL: acl, Region: region, Rule: 'ALL' },
    period,
    statistic: 'Sum',
  }),
  threshold: blockedRequestsMax,
  hurt: 'The firewall refuses many calls: those of an attacker, or of a clinic behind one address.',
  runbook: 'Blocked by the firewall',
});
