import { CannotStart } from '../cannot-start.ts';
import type { Fleet } from '../lambda/fleet.ts';
import type { Json } from './json.ts';
import { type AwsAnswer, AwsError, type AwsRequest, type AwsService } from './service.ts';

/**
 * Implementation of a Task state: takes the evaluated input, resolves with the result. Rejects with an error
 * whose `name` Retry and Catch match.
 */
export type Task = (input: Json) => Promise<Json>;

/** Dependencies of tasks. */
export interface TaskPlace {
  readonly fleet: Fleet;
  /** The AWS services, called through their own interface so that the role's permissions are checked. */
  readonly services: ReadonlyMap<string, AwsService>;
  /** The role of the state machine, which is the principal of its calls. */
  readonly role: string;
  /** Starts another workflow and waits for its end. */
  readonly runWorkflow: (arn: string, input: Json, name?: string) => Promise<Json>;
}

/** A failure of a task, with Step Functions' error name. */
class TaskError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** Services with a JSON protocol that a Task may call, and the prefix of their `X-Amz-Target`. */
const targets: Readonly<Record<string, { service: string; prefix: string }>> = {
  dynamodb: { service: 'dynamodb', prefix: 'DynamoDB_20120810' },
  sqs: { service: 'sqs', prefix: 'AmazonSQS' },
  secretsmanager: { service: 'secretsmanager', prefix: 'secretsmanager' },
  sfn: { service: 'states', prefix: 'AWSStepFunctions' },
  states: { service: 'states', prefix: 'AWSStepFunctions' },
};

/**
 * Creates the task of a state's `Resource`.
 *
 * @throws CannotStart if the local run does not support the resource.
 */
export function makeTask(machine: string, resource: string, place: TaskPlace): Task {
  if (resource.includes(':lambda:') && resource.includes(':function:'))
    return (input) => invokeFunction(place, resource, input);
  const [, sdk, service = '', operation = ''] =
    /^arn:aws:states:[^:]*:[^:]*:(aws-sdk:)?([a-z0-9]+):([A-Za-z0-9.]+)/.exec(resource) ?? [];
  const [call = '', pattern] = operation.split('.');
  if (service === 'lambda' && call === 'invoke' && pattern === undefined)
    return async (input) => {
      const { FunctionName, Payload = {} } = input as { FunctionName: string; Payload?: Json };
      return {
        ExecutedVersion: '$LATEST',
        StatusCode: 200,
        Payload: await invokeFunction(place, FunctionName, Payload),
      };
    };
  if (service === 'states' && call === 'startExecution' && pattern !== undefined) {
    if (!pattern.startsWith('sync')) throw unknown(machine, resource);
    return async (input) => {
      const {
        StateMachineArn,
        Input = {},
        Name,
      } = input as { StateMachineArn: string; Input?: Json; Name?: string };
      return place.runWorkflow(StateMachineArn, Input, Name);
    };
  }
  const target = targets[service];
  if (!target || pattern !== undefined) throw unknown(machine, resource);
  const action = `${target.prefix}.${call.charAt(0).toUpperCase()}${call.slice(1)}`;
  return (input) => callService(place, target.service, action, input, sdk ? titled(service) : service);
}

const unknown = (machine: string, resource: string): CannotStart =>
  new CannotStart(`The state machine ${machine} has a task ${resource}, which a local run does not know`);

/**
 * The prefix of an SDK error in Step Functions, e.g. `DynamoDb` of
 * `DynamoDb.ConditionalCheckFailedException`.
 */
const titled = (service: string): string =>
  ({ dynamodb: 'DynamoDb', sqs: 'Sqs', sfn: 'Sfn', secretsmanager: 'SecretsManager' })[service] ?? service;

async function invokeFunction(place: TaskPlace, functionId: string, payload: Json): Promise<Json> {
  const lambda = place.services.get('lambda');
  const spec = place.fleet.find(functionId);
  if (!lambda || !spec)
    throw new TaskError('Lambda.ResourceNotFoundException', `Function not found: ${functionId}`);
  const request = taskRequest(
    place.role,
    `/2015-03-31/functions/${encodeURIComponent(spec.name)}/invocations`,
    {},
    payload,
  );
  const { headers, body } = await answerOf(lambda, request, 'Lambda');
  const result = JSON.parse(String(body)) as Json;
  if (!headers['x-amz-function-error']) return result;
  const { errorType } = result as { errorType?: string };
  // An error that ends the whole environment has no error type of the function's code.
  const name = errorType?.startsWith('Runtime.') ? 'Lambda.Unknown' : (errorType ?? 'Lambda.Unknown');
  throw new TaskError(name, String(body));
}

async function callService(
  { services, role }: TaskPlace,
  service: string,
  target: string,
  input: Json,
  errorPrefix: string,
): Promise<Json> {
  const serve = services.get(service);
  if (!serve) throw new TaskError('States.TaskFailed', `The local run has no ${service}`);
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' };
  const { status, body } = await answerOf(
    serve,
    taskRequest(role, '/', headers, withText(input)),
    errorPrefix,
  );
  const result = JSON.parse(String(body) || '{}') as Json;
  if (status < 300) return result;
  const {
    __type = 'Unknown',
    message,
    Message,
  } = result as { __type?: string; message?: string; Message?: string };
  throw new TaskError(`${errorPrefix}.${__type.split('#').at(-1)}`, message ?? Message ?? String(body));
}

/** SQS bodies are text, so a `MessageBody` given as JSON is stringified. */
function withText(input: Json): Json {
  const { MessageBody } = (input ?? {}) as { MessageBody?: Json };
  if (MessageBody === undefined || typeof MessageBody === 'string') return input;
  return { ...(input as Record<string, Json>), MessageBody: JSON.stringify(MessageBody) };
}

const taskRequest = (
  principal: string,
  url: string,
  headers: AwsRequest['headers'],
  body: Json,
): AwsRequest => ({
  principal,
  method: 'POST',
  url,
  headers,
  body: Buffer.from(JSON.stringify(body)),
});

async function answerOf(service: AwsService, request: AwsRequest, errorPrefix: string): Promise<AwsAnswer> {
  try {
    return await service(request);
  } catch (error) {
    if (error instanceof AwsError) throw new TaskError(`${errorPrefix}.${error.code}`, error.message);
    throw error;
  }
}
