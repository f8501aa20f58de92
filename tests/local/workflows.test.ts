import { beforeAll, describe, expect, test } from 'vitest';
import type { Running } from '../../local/start.ts';
import { start } from '../../local/start.ts';
import { alteredAssembly, eventually, nameOf, scratch, startFixture } from './fixture/run.ts';

let running: Running;
let machine: string;
beforeAll(async () => {
  running = await startFixture();
  machine = `arn:aws:states:us-east-1:000000000000:stateMachine:${nameOf(running, 'AWS::StepFunctions::StateMachine', 'Flow')}`;
});

/** Calls Step Functions as the person at the keyboard. */
async function states(operation: string, input: object): Promise<Record<string, unknown>> {
  const response = await fetch(running.awsEndpoint, {
    method: 'POST',
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=root/20260101/us-east-1/states/aws4_request, Signature=x',
      'x-amz-target': `AWSStepFunctions.${operation}`,
    },
    body: JSON.stringify(input),
  });
  return (await response.json()) as Record<string, unknown>;
}
const startFlow = (name: string, input: object) =>
  states('StartExecution', { stateMachineArn: machine, name, input: JSON.stringify(input) });
const ended = (executionArn: string) =>
  eventually(async () => {
    const described = await states('DescribeExecution', { executionArn });
    return described.status === 'RUNNING' ? undefined : described;
  });

test('a workflow calls its functions, chooses and waits, and hands over its context', async () => {
  const { executionArn } = await startFlow('first', { n: 0, wait: 1 });
  const described = await ended(String(executionArn));
  expect(described).toMatchObject({ status: 'SUCCEEDED', name: 'first' });
  expect(JSON.parse(String(described.output))).toEqual({ n: 2, id: 'first', wait: 1 });
  const { events } = await states('GetExecutionHistory', { executionArn });
  const types = (events as { type: string }[]).map(({ type }) => type);
  expect(types).toContain('ChoiceStateEntered');
  expect(types.filter((type) => type === 'WaitStateEntered')).toHaveLength(2);
});

test('an error of a function is caught by its name', async () => {
  const { executionArn } = await startFlow('caught', { n: -1, wait: 0 });
  const described = await ended(String(executionArn));
  expect(described).toMatchObject({ status: 'SUCCEEDED' });
  expect(JSON.parse(String(described.output))).toMatchObject({ error: { Error: 'RangeError' } });
});

test('the same name with the same input is the same execution while it runs, and taken afterwards', async () => {
  const input = { n: 5, wait: 30 };
  const [one, two] = await Promise.all([startFlow('named', input), startFlow('named', input)]);
  expect(two.executionArn).toBe(one.executionArn);
  expect((await startFlow('named', { n: 6, wait: 0 })).__type).toBe('ExecutionAlreadyExists');
  await states('StopExecution', { executionArn: one.executionArn });
  expect((await startFlow('named', input)).__type).toBe('ExecutionAlreadyExists');
  const { executions } = await states('ListExecutions', { stateMachineArn: machine });
  expect((executions as { name: string }[]).filter(({ name }) => name === 'named')).toHaveLength(1);
});

test('a stopped workflow is aborted, and the rule that waits for it hears of it', async () => {
  const { executionArn } = await startFlow('stopped', { n: 0, wait: 600 });
  await states('StopExecution', { executionArn });
  expect(await ended(String(executionArn))).toMatchObject({ status: 'ABORTED' });
  await eventually(() => running.logs().find(({ text }) => text === 'ended ABORTED stopped'));
});

test('an unknown machine or execution is told as AWS does', async () => {
  expect((await states('StartExecution', { stateMachineArn: `${machine}x` })).__type).toBe(
    'StateMachineDoesNotExist',
  );
  expect((await states('DescribeExecution', { executionArn: 'x' })).__type).toBe('ExecutionDoesNotExist');
});

describe('what the interpreter would run wrongly is refused at the start', () => {
  const wait = (fields: object) => ({ StartAt: 'A', States: { A: { Type: 'Wait', End: true, ...fields } } });
  test.each([
    ['JSONata', { ...wait({ Seconds: 1 }), QueryLanguage: 'JSONata' }, 'uses JSONata as a whole'],
    ['JSONata in one state', wait({ Seconds: 1, QueryLanguage: 'JSONata' }), 'uses JSONata in A'],
    [
      'variables',
      { StartAt: 'A', States: { A: { Type: 'Pass', Assign: { x: 1 }, End: true } } },
      'uses variables (Assign) in A',
    ],
    ['a wait beyond 24 days', wait({ Seconds: 30 * 86_400 }), 'uses a Wait of more than 24 days in A'],
    [
      'a machine that may run for more than 24 days',
      { ...wait({ Seconds: 1 }), TimeoutSeconds: 30 * 86_400 },
      'uses a timeout of more than 24 days as a whole',
    ],
    [
      'a task that may take more than 24 days',
      {
        StartAt: 'A',
        States: {
          A: {
            Type: 'Task',
            Resource: 'arn:aws:states:::sqs:sendMessage',
            TimeoutSeconds: 30 * 86_400,
            End: true,
          },
        },
      },
      'uses a timeout of more than 24 days in A',
    ],
    [
      'a distributed map',
      {
        StartAt: 'A',
        States: {
          A: {
            Type: 'Map',
            ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...wait({ Seconds: 1 }) },
            End: true,
          },
        },
      },
      'uses a distributed Map (DISTRIBUTED) in A',
    ],
  ])('%s', async (_, definition, message) => {
    const assembly = await alteredAssembly(({ Resources }) => {
      for (const resource of Object.values(Resources))
        if (resource.Type === 'AWS::StepFunctions::StateMachine')
          Object.assign(resource.Properties, { DefinitionString: JSON.stringify(definition) });
    });
    await expect(start({ assembly, port: 0, dataDir: scratch() })).rejects.toThrow(message);
  });
});
