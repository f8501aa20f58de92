import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { region } from '../../local/account.ts';
import { rootClient } from '../root-client.ts';

/** History of one execution of a workflow. */
export interface PastExecution {
  name: string;
  /** The states that it entered, by kind and name: `Task Page`. */
  entered: string[];
  /** Everything that its states were handed and handed on, one text for each. */
  data: string[];
}

/** The executions of workflows by their machines’ names, behind the back of the service. */
export async function pastExecutions(
  endpoint: string,
  machines: readonly string[],
): Promise<PastExecution[]> {
  const client = new SFNClient(rootClient(endpoint));
  const past: PastExecution[] = [];
  for (const machine of machines) {
    const stateMachineArn = `arn:aws:states:${region}:000000000000:stateMachine:${machine}`;
    const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn, name = '' } of executions) {
      const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
      past.push({
        name,
        entered: events.flatMap(({ type, stateEnteredEventDetails: entered }) =>
          entered ? [`${type?.replace('StateEntered', '')} ${entered.name}`] : [],
        ),
        data: events.flatMap(({ stateEnteredEventDetails: entered, stateExitedEventDetails: exited }) =>
          [entered?.input, exited?.output].filter((text) => text !== undefined),
        ),
      });
    }
  }
  return past;
}
