import type { Guard } from '../iam/guard.ts';
import { AwsError, type AwsService, jsonAnswer, operationOf } from './service.ts';
import type { Execution, HistoryEvent, Workflows } from './workflows.ts';

interface StatesRequest {
  readonly stateMachineArn?: string;
  readonly executionArn?: string;
  readonly name?: string;
  readonly input?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly statusFilter?: string;
  readonly maxResults?: number;
  readonly reverseOrder?: boolean;
}

/** Executions or events in one answer; there is no pagination here. */
const resultsMax = 1_000;

/** Step Functions: start, describe, stop and list executions, and get their history. */
export function stepFunctionsService(workflows: Workflows, guard: Guard): AwsService {
  return async (request) => {
    const operation = operationOf(request);
    const asked = JSON.parse(request.body.toString()) as StatesRequest;
    const { stateMachineArn, executionArn = '' } = asked;
    guard(request.principal, [
      { action: `states:${operation}`, resource: stateMachineArn ?? (executionArn || '*') },
    ]);
    switch (operation) {
      case 'StartExecution': {
        const { arn, startedAt } = workflows.start(stateMachineArn ?? '', asked.input ?? '{}', asked.name);
        return jsonAnswer({ executionArn: arn, startDate: startedAt / 1_000 });
      }
      case 'DescribeExecution':
        return jsonAnswer(described(workflows.find(executionArn)));
      case 'StopExecution': {
        const execution = workflows.find(executionArn);
        execution.abort();
        await execution.ended;
        return jsonAnswer({ stopDate: Date.now() / 1_000 });
      }
      case 'ListExecutions': {
        const executions = workflows
          .list(stateMachineArn ?? '')
          .filter(({ status }) => asked.statusFilter === undefined || status === asked.statusFilter)
          .slice(0, asked.maxResults || resultsMax);
        return jsonAnswer({ executions: executions.map(summary) });
      }
      case 'GetExecutionHistory': {
        const events = workflows.find(executionArn).history.map(historyEvent);
        const ordered = asked.reverseOrder ? events.reverse() : events;
        return jsonAnswer({ events: ordered.slice(0, asked.maxResults || resultsMax) });
      }
      default:
        throw new AwsError('NotImplemented', `The local Step Functions has no ${operation}`, 501);
    }
  };
}

const summary = ({ arn, name, machineArn, status, startedAt, stoppedAt }: Execution): object => ({
  executionArn: arn,
  name,
  stateMachineArn: machineArn,
  status,
  startDate: startedAt / 1_000,
  ...(stoppedAt === undefined ? {} : { stopDate: stoppedAt / 1_000 }),
});

const described = (execution: Execution): object => ({
  ...summary(execution),
  input: execution.input,
  output: execution.output,
  error: execution.error,
  cause: execution.cause,
});

/**
 * One event of GetExecutionHistory. Types of states have Step Functions' names (`TaskStateEntered`); other
 * details are omitted.
 */
function historyEvent({ type, timestamp, state, Error: error, Cause }: HistoryEvent, index: number): object {
  const id = { id: index + 1, previousEventId: index, timestamp: timestamp / 1_000 };
  if (type === 'StateEntered' && state)
    return {
      ...id,
      type: `${state.type}StateEntered`,
      stateEnteredEventDetails: { name: state.name, input: JSON.stringify(state.input) },
    };
  if (type === 'StateExited' && state)
    return {
      ...id,
      type: `${state.type}StateExited`,
      stateExitedEventDetails: { name: state.name, output: JSON.stringify(state.output) },
    };
  if (type === 'ExecutionFailed')
    return {
      ...id,
      type,
      executionFailedEventDetails: { error, cause: Cause === undefined ? undefined : String(Cause) },
    };
  return { ...id, type };
}
