import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { CannotStart, reasonOf } from '../cannot-start.ts';
import type { Fleet } from '../lambda/fleet.ts';
import type { Log } from '../log.ts';
import { arn, roleName } from '../template/resource-names.ts';
import type { Stack } from '../template/stack.ts';
import type { Json } from './json.ts';
import { AwsError, type AwsService } from './service.ts';
import { adapted, allStates, type Definition, refuseUnsupported } from './state-machine.ts';
import { makeTask, type Task } from './tasks.ts';

type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One event of an execution's history, in the interpreter's format. */
export interface HistoryEvent {
  readonly type: string;
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly state?: {
    readonly name: string;
    readonly type: string;
    readonly input: unknown;
    readonly output?: unknown;
  };
  readonly Error?: string;
  readonly Cause?: unknown;
}

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  /** JSON text. */
  readonly input: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly history: HistoryEvent[];
  readonly abort: () => void;
  /** Resolves when the execution has ended, with success or not. */
  readonly ended: Promise<void>;
  status: ExecutionStatus;
  stoppedAt?: number;
  /** JSON text, when it succeeded. */
  output?: string;
  error?: string;
  cause?: string;
}

/**
 * The state machines of the stack and their executions, which are kept in memory and end with the process.
 */
export interface Workflows {
  /** @throws AwsError with StartExecution's error codes. */
  start(machineArn: string, input: string, name?: string): Execution;
  /** @throws AwsError ExecutionDoesNotExist. */
  find(executionArn: string): Execution;
  list(machineArn: string): readonly Execution[];
  /** Aborts every running execution. */
  stop(): Promise<void>;
}

interface MachineProperties {
  readonly RoleArn: string;
  readonly StateMachineType?: 'STANDARD' | 'EXPRESS';
  readonly DefinitionString?: string;
  readonly Definition?: object;
  readonly DefinitionS3Location?: { readonly Key: string };
  readonly DefinitionSubstitutions?: Readonly<Record<string, unknown>>;
}

interface Machine {
  readonly name: string;
  readonly machine: StateMachine;
  readonly tasks: Readonly<Record<string, Task>>;
}

export interface WorkflowsOptions {
  readonly fleet: Fleet;
  readonly services: ReadonlyMap<string, AwsService>;
  readonly log: Log;
  /** Called when an execution has ended; stands for the event to EventBridge. */
  readonly onEnd: (execution: Execution) => void;
}

/** Step Functions' limit of an execution's input or output: 256 KiB. */
const dataBytesMax = 262_144;

/**
 * Reads the state machines of a stack.
 *
 * @throws CannotStart at a definition that cannot be read or that the interpreter would run wrongly.
 */
export function openWorkflows(stack: Stack, { fleet, services, log, onEnd }: WorkflowsOptions): Workflows {
  const executions = new Map<string, Execution>();
  const machines = new Map<string, Machine>(
    stack
      .resources<MachineProperties>('AWS::StepFunctions::StateMachine')
      .map(({ logicalId, name, properties }) => {
        const definition = readDefinition(logicalId, properties, stack);
        refuseUnsupported(logicalId, definition);
        const place = { fleet, services, role: roleName(properties.RoleArn), runWorkflow };
        const tasks = allStates(definition)
          .filter(([, { Type }]) => Type === 'Task')
          .map(([state, { Resource = '' }]) => [state, makeTask(logicalId, Resource, place)]);
        return [
          arn('states', `stateMachine:${name}`),
          { name, machine: interpreter(logicalId, definition), tasks: Object.fromEntries(tasks) },
        ];
      }),
  );

  async function runWorkflow(machineArn: string, input: Json, name?: string): Promise<Json> {
    const execution = start(machineArn, JSON.stringify(input), name);
    await execution.ended;
    if (execution.status === 'SUCCEEDED') return { Output: JSON.parse(execution.output ?? 'null') as Json };
    throw Object.assign(new Error(execution.cause ?? execution.status), { name: 'States.TaskFailed' });
  }

  function start(machineArn: string, input: string, name: string = randomUUID()): Execution {
    const found = machines.get(machineArn);
    if (!found)
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`);
    if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(name))
      throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    if (Buffer.byteLength(input) > dataBytesMax)
      throw new AwsError('ValidationException', `The input has more than ${dataBytesMax} bytes`);
    let parsed: Json;
    try {
      parsed = JSON.parse(input) as Json;
    } catch {
      throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: not JSON');
    }
    const executionArn = arn('states', `execution:${found.name}:${name}`);
    const existing = executions.get(executionArn);
    if (existing) {
      // StartExecution is idempotent while the execution of the same name and input runs.
      if (existing.status === 'RUNNING' && existing.input === input) return existing;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
    }
    const execution = run(found, machineArn, executionArn, name, input, parsed);
    executions.set(executionArn, execution);
    return execution;
  }

  function run(
    { name: machineName, machine, tasks }: Machine,
    machineArn: string,
    executionArn: string,
    name: string,
    input: string,
    parsed: Json,
  ): Execution {
    const startedAt = Date.now();
    const started = machine.run(parsed, {
      overrides: { taskResourceLocalHandlers: { ...tasks } },
      context: {
        Execution: { Id: executionArn, Name: name, StartTime: new Date(startedAt).toISOString() },
        StateMachine: { Id: machineArn, Name: machineName },
      },
    });
    const history: HistoryEvent[] = [];
    const recording = record(started.eventLogs, history);
    const ended = started.result
      .then((output) => {
        const text = JSON.stringify(output);
        if (Buffer.byteLength(text) > dataBytesMax)
          close('FAILED', {
            error: 'States.DataLimitExceeded',
            cause: `The output has more than ${dataBytesMax} bytes`,
          });
        else close('SUCCEEDED', { output: text });
      })
      .catch(async (thrown: unknown) => {
        const kind = thrown instanceof Error ? thrown.name : '';
        if (kind === 'ExecutionAbortedError') return close('ABORTED', {});
        if (kind === 'ExecutionTimeoutError') return close('TIMED_OUT', {});
        await recording;
        const failed = history.findLast((event) => event.type === 'ExecutionFailed');
        close('FAILED', {
          error: failed?.Error ?? 'States.Runtime',
          cause: String(failed?.Cause ?? reasonOf(thrown)),
        });
      });
    const execution: Execution = {
      arn: executionArn,
      name,
      machineArn,
      input,
      startedAt,
      history,
      abort: started.abort,
      ended,
      status: 'RUNNING',
    };
    function close(status: ExecutionStatus, result: Pick<Execution, 'output' | 'error' | 'cause'>): void {
      Object.assign(execution, { ...result, status, stoppedAt: Date.now() });
      if (status !== 'SUCCEEDED')
        log.write(
          'workflow',
          [machineName, name, status, result.error, result.cause].filter(Boolean).join(' '),
        );
      onEnd(execution);
    }
    return execution;
  }

  return {
    start,
    find(executionArn) {
      const execution = executions.get(executionArn);
      if (!execution)
        throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
      return execution;
    },
    list(machineArn) {
      if (!machines.has(machineArn))
        throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`);
      return [...executions.values()].filter((execution) => execution.machineArn === machineArn).reverse();
    },
    async stop() {
      const running = [...executions.values()].filter(({ status }) => status === 'RUNNING');
      for (const { abort } of running) abort();
      await Promise.all(running.map(({ ended }) => ended));
    },
  };
}

async function record(events: AsyncIterable<object>, history: HistoryEvent[]): Promise<void> {
  for await (const event of events) history.push(event as HistoryEvent);
}

function interpreter(logicalId: string, definition: Definition): StateMachine {
  try {
    // The constructor validates the definition. The ARNs were checked by makeTask; the interpreter's own
    // pattern does not know every integration.
    return new StateMachine(adapted(definition) as StateMachineDefinition, {
      validationOptions: { checkArn: false },
    });
  } catch (cause) {
    throw new CannotStart(
      `The state machine ${logicalId} is not valid: ${reasonOf(cause).replaceAll(/\s+/g, ' ')}`,
      {
        cause,
      },
    );
  }
}

function readDefinition(logicalId: string, properties: MachineProperties, stack: Stack): Definition {
  const { DefinitionString, Definition, DefinitionS3Location, DefinitionSubstitutions = {} } = properties;
  if (Definition) return Definition as Definition;
  const raw =
    DefinitionString ??
    (DefinitionS3Location && readFileSync(stack.assetFolder(DefinitionS3Location.Key), 'utf8'));
  if (raw === undefined) throw new CannotStart(`The state machine ${logicalId} has no definition`);
  const text = raw.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) =>
    String(DefinitionSubstitutions[name] ?? whole),
  );
  try {
    return JSON.parse(text) as Definition;
  } catch (cause) {
    throw new CannotStart(
      `The definition of the state machine ${logicalId} is not JSON: ${reasonOf(cause)}`,
      { cause },
    );
  }
}
