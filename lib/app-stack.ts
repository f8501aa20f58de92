import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Endpoint } from '../core/endpoint.ts';
import type { Job } from '../core/job.ts';
import { type QueueName, secrets, workflows } from '../core/resources.ts';
import { endpoints, jobs } from '../functions/index.ts';
import { acknowledgeFindings } from './acknowledgements.ts';
import { Alarms } from './alarms.ts';
import { TokenIssuer } from './auth.ts';
import { dashboard } from './dashboard.ts';
import { ENDPOINT_TIMEOUT, EndpointFunction } from './endpoint-function.ts';
import { Firewall } from './firewall.ts';
import type { Resources } from './grants.ts';
import { JOB_TIMEOUT, JobFunction } from './job-function.ts';
import { type FunctionDefaults, nodeFunction } from './node-function.ts';
import { QueuesOf } from './queues.ts';
import { catchTheRest, restApi } from './rest-api.ts';
import { secretGroup } from './secrets.ts';
import type { Settings } from './settings.ts';
import { SigningKey, stacksEnvironment } from './stacks.ts';
import { TablesOf } from './tables.ts';
import { WorkflowsOf, workflowArn } from './workflows.ts';

const systems: Record<string, Record<string, Endpoint>> = endpoints;
const jobsOfSystems: Record<string, Record<string, Job>> = jobs;

/** How long the consumer of a queue may take. */
function consumerTimeout(queue: QueueName): number {
  const consumers = Object.values(jobsOfSystems).flatMap((its) => Object.values(its));
  const consumer = consumers.find(({ trigger }) => 'queue' in trigger && trigger.queue === queue);
  return consumer?.timeoutSeconds ?? JOB_TIMEOUT;
}

const byName = <N extends string, V>(names: readonly N[], value: (name: N) => V) =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<N, V>;

export interface AppStackProps extends StackProps {
  settings: Settings;
  /** The folder with a bundle for each function. */
  bundles: string;
}

/** The whole app: data at rest, data in flight, the workers, and the API in front of them. */
export class AppStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundles, ...props }: AppStackProps) {
    super(scope, id, props);
    const { tables } = new TablesOf(this, 'Tables', settings);
    const { queues } = new QueuesOf(this, 'Queues', consumerTimeout);
    const resources: Resources = {
      tables,
      queues,
      workflows: byName(workflows, (name) => workflowArn(this, settings, name)),
      secrets: byName(secrets, (name) => secretGroup(this, settings, name)),
    };
    new SigningKey(this, 'SigningKey', settings);
    const issuer = new TokenIssuer(this, 'Auth', settings);
    const api = restApi(this, settings);
    const defaults: FunctionDefaults = {
      bundles,
      settings,
      environment: {
        ...issuer.environment,
        CORS_ORIGINS: settings.corsOrigins.join(' '),
        METRICS_OPEN: String(settings.metricsOpen),
        ...stacksEnvironment(settings),
        CLINIKO_CALLS_PER_MINUTE: String(settings.clinikoCallsPerMinute),
      },
    };
    const workers: Record<string, LambdaFunction> = {};
    for (const [system, its] of Object.entries(systems)) {
      const home = new Construct(this, system);
      for (const [name, endpoint] of Object.entries(its)) {
        new EndpointFunction(home, { system, name, endpoint, api, resources, defaults });
      }
      for (const [name, job] of Object.entries(jobsOfSystems[system] ?? {})) {
        workers[`${system}.${name}`] = new JobFunction(home, { system, name, job, resources, defaults }).fn;
      }
    }
    const { machines } = new WorkflowsOf(this, 'Workflows', workers, settings);
    const rest = nodeFunction(new Construct(this, 'notFound'), defaults, {
      name: 'ops/not-found',
      description: 'Answer paths and methods that no endpoint has',
      timeoutSeconds: ENDPOINT_TIMEOUT,
    });
    catchTheRest(api, rest);
    if (settings.firewall) new Firewall(this, 'Firewall', api);
    new Alarms(this, 'Alarms', { api, queues, machines }, settings);
    dashboard(this, api, queues);
    acknowledgeFindings(this, settings);
    new CfnOutput(this, 'Url', { value: api.url });
  }
}
