import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Running } from '../../local/start.ts';
import { arn } from '../../local/template/resource-names.ts';
import { rootClient } from '../root-client.ts';
import type { Item, Recording } from './recorded.ts';

interface Machine {
  DefinitionString: string;
}

interface TaskState {
  Type: string;
  Parameters?: Record<string, unknown>;
}

/** The value at a JSONPath of the form `$.a.b`. */
const at = (state: unknown, path: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce((value: unknown, name) => (value as Item)[name], state);

/** What a task hands to its function: fields whose names end in `.$` are paths into the state. */
const payloadOf = (parameters: Record<string, unknown>, state: unknown): Item =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) =>
      name.endsWith('.$') ? [name.slice(0, -2), at(state, String(value))] : [name, value],
    ),
  );

/** The tasks of each state machine of the service, by the machine's name. */
const tasksOf = ({ stack }: Pick<Running, 'stack'>): Map<string, Record<string, TaskState>> =>
  new Map(
    stack
      .resources<Machine>('AWS::StepFunctions::StateMachine')
      .map(({ name, properties }) => [
        name,
        Object.fromEntries(
          Object.entries(
            (JSON.parse(properties.DefinitionString) as { States: Record<string, TaskState> }).States,
          ).filter(([, { Type }]) => Type === 'Task'),
        ),
      ]),
  );

/** The state with which each task was entered first, and what its function was handed. */
export async function stepsOf(running: Pick<Running, 'stack' | 'awsEndpoint'>): Promise<Recording['steps']> {
  const client = new SFNClient(rootClient(running.awsEndpoint));
  const steps = new Map<string, Recording['steps'][number]>();
  for (const [machine, tasks] of tasksOf(running)) {
    const stateMachineArn = arn('states', `stateMachine:${machine}`);
    const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn } of executions) {
      const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
      for (const { stateEnteredEventDetails: entered } of events) {
        const parameters = tasks[entered?.name ?? '']?.Parameters;
        if (!entered?.name || !entered.input || !parameters || steps.has(entered.name)) continue;
        const state = JSON.parse(entered.input) as Item;
        steps.set(entered.name, { step: entered.name, state, payload: payloadOf(parameters, state) });
      }
    }
  }
  client.destroy();
  return [...steps.values()].sort((one, other) => one.step.localeCompare(other.step));
}
