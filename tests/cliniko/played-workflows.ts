import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Next, StepInput } from '../../functions/cliniko/sync/step-shape.ts';

/** An execution of the sync’s workflow that a simulation plays, in its own time. */
export interface Execution {
  readonly name: string;
  readonly input: Omit<StepInput, 'turn'> & { readonly next: Next };
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
}

interface Asked {
  readonly name?: string;
  readonly input?: string;
  readonly executionArn?: string;
}

/**
 * Step Functions without a clock: it accepts executions, and the simulation plays them and sets how they end.
 * The rules call it as they call AWS.
 */
export async function playedWorkflows() {
  const executions = new Map<string, Execution>();
  const refused = (type: string) => ({ status: 400, body: { __type: type, message: type } });
  const answers: Record<string, (asked: Asked) => { status: number; body: object }> = {
    StartExecution({ name = '', input = '{}' }) {
      if (executions.has(name)) return refused('ExecutionAlreadyExists');
      executions.set(name, { name, input: JSON.parse(input), status: 'RUNNING' });
      return { status: 200, body: { executionArn: name, startDate: 0 } };
    },
    DescribeExecution({ executionArn = '' }) {
      const found = executions.get(executionArn.split(':').at(-1) ?? '');
      return found ? { status: 200, body: { status: found.status } } : refused('ExecutionDoesNotExist');
    },
    StopExecution({ executionArn = '' }) {
      const found = executions.get(executionArn.split(':').at(-1) ?? '');
      if (!found) return refused('ExecutionDoesNotExist');
      if (found.status === 'RUNNING') found.status = 'ABORTED';
      return { status: 200, body: { stopDate: 0 } };
    },
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
      const { status, body } = answers[operation]?.(asked) ?? refused('InvalidAction');
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The execution of a tenant’s sync that runs, if one does. */
    running: (tenant: string): Execution | undefined =>
      executions.values().find(({ status, input }) => status === 'RUNNING' && input.tenant === tenant),
    /** Number of executions of a tenant’s syncs. */
    count: (tenant: string): number =>
      executions
        .values()
        .filter(({ input }) => input.tenant === tenant)
        .toArray().length,
  };
}
