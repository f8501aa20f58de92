import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { byName } from '../core/by-name.ts';
import type { Endpoint } from '../core/contract/endpoint.ts';
import {
  buckets,
  type QueueName,
  queues as queueNames,
  secrets,
  workflows,
} from '../core/contract/resources.ts';
import type { Worker } from '../core/contract/worker.ts';
import { namespaceOf } from '../core/metrics.ts';
import { endpoints, workers } from '../functions/index.ts';
import { Alarms } from './alarms/alarms.ts';
import type { ScheduledWorker } from './alarms/worker-alarms.ts';
import { TokenIssuer } from './auth.ts';
import { uploadBucket } from './buckets.ts';
import { dashboard } from './dashboard.ts';
import { apiUrl, OwnDomain } from './domain.ts';
import { answeredFailure, EndpointFunction, endpointTimeoutSeconds } from './endpoint-function.ts';
import { Firewall } from './firewall.ts';
import { countFunctionErrors } from './function-errors.ts';
import type { Resources } from './grants.ts';
import { logGroup } from './log-group.ts';
import { type FunctionDefaults, nodeFunction } from './node-function.ts';
import { QueuesOf } from './queues.ts';
import { restApi } from './rest-api.ts';
import { invokerRole, type Route } from './routes.ts';
import { sealingKey } from './sealing-key.ts';
import { secretGroup } from './secrets.ts';
import type { Settings } from './settings.ts';
import { SmsReceipts, smsEnvironment } from './sms.ts';
import { SigningKey, stacksEnvironment } from './stacks.ts';
import { TablesOf } from './tables.ts';
import { TopicsOf } from './topics.ts';
import { WorkerFunction, workerTimeoutSeconds } from './worker-function.ts';
import { WorkflowsOf, workflowArn } from './workflows.ts';

const systems: Record<string, Record<string, Endpoint>> = endpoints;
const workersOfSystems: Record<string, Record<string, Worker>> = workers;

const consumes = (queue: QueueName) => (worker: Worker) =>
  'queue' in worker.trigger && worker.trigger.queue === queue;

/** The seconds that the consumer of a queue may take for one run. */
function consumerTimeoutSeconds(queue: QueueName): number {
  const consumers = Object.values(workersOfSystems).flatMap((its) => Object.values(its));
  return consumers.find(consumes(queue))?.timeoutSeconds ?? workerTimeoutSeconds;
}

/** The queues that workers of a system consume. */
const queuesOf = (system: string): QueueName[] =>
  queueNames.filter((queue) => Object.values(workersOfSystems[system] ?? {}).some(consumes(queue)));

export interface AppStackProps extends StackProps {
  settings: Settings;
  /** The folder with a bundle for each function. */
  bundles: string;
}

/** The whole app: data at rest, data in flight, the workers, and the API in front of them. */
export class AppStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundles, ...props }: AppStackProps) {
    // A template may have 1 MB (service quotas of CloudFormation), a third of which would be indentation.
    super(scope, id, { suppressTemplateIndentation: true, ...props });
    const { tables } = new TablesOf(this, 'Tables', settings);
    const { queues } = new QueuesOf(this, 'Queues', consumerTimeoutSeconds);
    const { topics } = new TopicsOf(this, 'Topics');
    const resources: Resources = {
      tables,
      queues,
      topics,
      workflows: byName(workflows, (name) => workflowArn(this, settings, name)),
      secrets: byName(secrets, (name) => secretGroup(this, settings, name)),
      sealingKey: sealingKey(this, 'SealingKey', settings),
      buckets: byName(buckets, (name) => uploadBucket(this, name, settings)),
    };
    new SmsReceipts(this, 'SmsReceipts', queues.smsReceipts);
    const signingKey = new SigningKey(this, 'SigningKey', settings);
    const issuer = new TokenIssuer(this, 'Auth', settings);
    const defaults: Omit<FunctionDefaults, 'logs'> = {
      bundles,
      settings,
      environment: {
        // Stack frames name our files and lines, by the source map beside each bundle.
        NODE_OPTIONS: '--enable-source-maps',
        ...issuer.environment,
        CORS_ORIGINS: settings.corsOrigins.join(' '),
        METRICS_NAMESPACE: namespaceOf(settings.stage),
        METRICS_OPEN: String(settings.metricsOpen),
        ...stacksEnvironment(settings),
        ...signingKey.environment,
        CLINIKO_CALLS_PER_MINUTE: String(settings.clinikoCallsPerMinute),
        ...smsEnvironment(settings),
      },
    };
    const routes: Route[] = [];
    const functions: Record<string, LambdaFunction> = {};
    const scheduled: ScheduledWorker[] = [];
    for (const [system, its] of Object.entries(systems)) {
      const home = new Construct(this, system);
      const invoker = invokerRole(home);
      const logs = logGroup(home, 'Logs', settings);
      countFunctionErrors(logs, system, settings);
      const own: FunctionDefaults = {
        ...defaults,
        logs,
        environment: { ...defaults.environment, METRICS_SYSTEM: system },
      };
      for (const [name, endpoint] of Object.entries(its)) {
        routes.push(
          new EndpointFunction(home, { system, name, endpoint, invoker, resources, defaults: own }).route,
        );
      }
      for (const [name, worker] of Object.entries(workersOfSystems[system] ?? {})) {
        const { fn } = new WorkerFunction(home, { system, name, worker, resources, defaults: own });
        functions[`${system}.${name}`] = fn;
        if ('every' in worker.trigger) scheduled.push({ system, name, fn });
      }
    }
    const { machines } = new WorkflowsOf(this, 'Workflows', functions, settings);
    const nowhere = new Construct(this, 'notFound');
    const logs = logGroup(nowhere, 'Logs', settings);
    const notFound = nodeFunction(
      nowhere,
      { ...defaults, logs },
      {
        name: 'ops/not-found',
        description: 'Answer paths and methods that no endpoint has',
        timeoutSeconds: endpointTimeoutSeconds,
        onFailure: answeredFailure,
      },
    );
    const rest = { fn: notFound, invoker: invokerRole(nowhere) };
    const api = restApi(this, settings, routes, rest, { tokenAudience: issuer.audience });
    const url = apiUrl(api, settings);
    issuer.openSignIn(url, settings);
    if (settings.firewall) new Firewall(this, 'Firewall', api, settings);
    const watched = { api: api.deploymentStage, systems: Object.keys(systems), queues, machines };
    if (settings.alarms) {
      const { alarms } = new Alarms(this, 'Alarms', { ...watched, scheduled }, settings);
      dashboard(this, { ...watched, tables, queuesOf, alarms }, settings);
    }
    new CfnOutput(this, 'Url', { value: url, description: 'The address of the API' });
    if (settings.domain) {
      const { target } = new OwnDomain(this, 'Domain', api, settings.domain);
      new CfnOutput(this, 'DomainTarget', { value: target, description: 'What the domain has to point at' });
    }
    for (const [name, { topicArn }] of Object.entries(topics)) new CfnOutput(this, name, { value: topicArn });
  }
}
