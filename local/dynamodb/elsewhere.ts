import { Agent } from 'node:http';
import { CannotStart, reasonOf } from '../cannot-start.ts';
import type { DynamoEngine } from './engine.ts';
import { forward } from './forward.ts';

/** Time limit for the first answer of an engine that runs already. */
const answerMsMax = 10_000;

/**
 * Uses an engine that runs already, for example DynamoDB Local in a container. It is never stopped,
 * and its tables outlive the run.
 *
 * @param url an `http:` URL without a path.
 * @throws CannotStart if nothing answers there like DynamoDB within 10 seconds.
 */
export async function connectEngine(url: URL): Promise<DynamoEngine> {
  const { host } = url;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const engine: DynamoEngine = {
    host,
    pid: undefined,
    ended: new Promise(() => {}),
    forward: (target, body) => forward(agent, host, target, body),
    kill: () => {},
    stop: async () => agent.destroy(),
  };
  try {
    const { status, body } = await inTime(engine.forward('DynamoDB_20120810.ListTables', '{}'));
    if (status !== 200) throw new Error(`it answered ${status} ${String(body).slice(0, 200)}`);
  } catch (cause) {
    agent.destroy();
    throw new CannotStart(`No DynamoDB engine answers at DYNAMODB_URL ${url.origin}: ${reasonOf(cause)}`, {
      cause,
    });
  }
  return engine;
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const tooLate = () => reject(new Error(`nothing came within ${answerMsMax / 1_000} seconds`));
    const timer = setTimeout(tooLate, answerMsMax);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
