import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type ExecutionStatus,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { clientSettings } from './aws-client.ts';
import { type WorkflowName, workflowVariable } from './contract/resources.ts';
import { setting } from './environment.ts';

let client: SFNClient | undefined;

/** The one Step Functions client of this container, made on first use. */
function stepFunctions(): SFNClient {
  client ??= new SFNClient(clientSettings);
  return client;
}

const machineArn = (workflow: WorkflowName): string =>
  setting(workflowVariable(workflow), `add \`${workflow}\` to the \`uses\` of this contract`);

/**
 * The ARN of an execution, which Step Functions derives from the state machine's ARN and the execution's
 * name.
 */
const executionArn = (workflow: WorkflowName, name: string): string =>
  `${machineArn(workflow).replace(':stateMachine:', ':execution:')}:${name}`;

/**
 * Starts an execution, unless there is one of this name: names are unique for 90 days (Step Functions API
 * reference, StartExecution), so a repeated start does nothing.
 *
 * @param name 1..80 letters, digits, `-` and `_`.
 * @param input ids only, never personal data: an execution's history keeps it.
 */
export async function startWorkflow(workflow: WorkflowName, name: string, input: object): Promise<void> {
  try {
    await stepFunctions().send(
      new StartExecutionCommand({
        stateMachineArn: machineArn(workflow),
        name,
        input: JSON.stringify(input),
      }),
    );
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

/** Stops an execution, if there is one that runs. */
export async function stopWorkflow(workflow: WorkflowName, name: string): Promise<void> {
  try {
    await stepFunctions().send(new StopExecutionCommand({ executionArn: executionArn(workflow, name) }));
  } catch (error) {
    if (!(error instanceof ExecutionDoesNotExist)) throw error;
  }
}

/** The status of an execution; `undefined` if there is none, or it has expired. */
export async function workflowStatus(
  workflow: WorkflowName,
  name: string,
): Promise<ExecutionStatus | undefined> {
  try {
    const described = await stepFunctions().send(
      new DescribeExecutionCommand({ executionArn: executionArn(workflow, name) }),
    );
    return described.status;
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}
