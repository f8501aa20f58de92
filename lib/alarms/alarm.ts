import {
  ComparisonOperator,
  type CreateAlarmOptions,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';

/** An alarm: what it watches, who is hurt when it rises, and what an operator reads then. */
export interface AlarmProps {
  /** Its construct id, unique in a stack. */
  name: string;
  metric: IMetric;
  /** What is above it is wrong. */
  threshold: number;
  /** True if no data is told, too, once there was any; by default it is right. */
  tellsNoData?: boolean;
  /** Periods in a row that must be wrong; one by default. */
  periods?: number;
  /** One sentence: who is hurt. */
  hurt: string;
  /** The paragraph of docs/operating.md that says what to do. */
  runbook: string;
}

/** The properties of an alarm in the words of the CDK. */
export function alarmOptions({
  threshold,
  tellsNoData = false,
  periods = 1,
  hurt,
  runbook,
}: AlarmProps): CreateAlarmOptions {
  return {
    threshold,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    // An alarm begins in `INSUFFICIENT_DATA`, so that a new stack is silent until its first data.
    treatMissingData: tellsNoData ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING,
    evaluationPeriods: periods,
    alarmDescription: `${hurt} See docs/operating.md, "${runbook}".`,
  };
}
