import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks, HIPAASecurityChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { expect, test } from 'vitest';
import { type Endpoint, usesOf } from '../core/contract/endpoint.ts';
import { tables as tableNames, type Uses, workflows } from '../core/contract/resources.ts';
import type { Worker } from '../core/contract/worker.ts';
import { present } from '../core/invariant.ts';
import { endpoints, permanentFaults, workers } from '../functions/index.ts';
import { AccountStack } from '../lib/account-stack.ts';
import { type Synthesised, synthesise } from './synthesise.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

interface ApiBody {
  paths: Record<
    string,
    Record<
      string,
      {
        'x-amazon-apigateway-integration': {
          uri: unknown;
          responseTransferMode?: string;
          credentials: { 'Fn::GetAtt': [string, string] };
        };
      }
    >
  >;
}

/**
 * The resources of a type: their properties, with what CloudFormation keeps beside these, such as
 * `DeletionPolicy`.
 */
const resourcesOf = <P = Record<string, unknown>>({ template }: Synthesised, type: string): P[] =>
  Object.values(template.findResources(type)).map(({ Properties, ...rest }) => ({ ...rest, ...Properties }));

/** The API's document, as API Gateway imports it. */
const apiBody = (synthesised: Synthesised): ApiBody => {
  const [api] = resourcesOf<{ Body: ApiBody }>(synthesised, 'AWS::ApiGateway::RestApi');
  return present(api, 'the stack has one API').Body;
};

const alarmEmail = 'operators@example.com';
const prod = await synthesise('prod', { alarmEmail });
const dev = await synthesise('dev');

test('leaves no finding of the AwsSolutions and HIPAA rules unexplained', () => {
  Validations.of(prod.app).addPlugins(new AwsSolutionsChecks(prod.app), new HIPAASecurityChecks(prod.app));
  const exitCode = process.exitCode;
  expect(() => prod.app.synth({ force: true })).not.toThrow();
  process.exitCode = exitCode;
});

const packs = () => [new AwsSolutionsChecks(), new HIPAASecurityChecks()];

/** The findings of cdk-nag that nothing acknowledges, warnings included, as `rule path`. */
const findings = ({ app }: Synthesised, rules: ReturnType<typeof packs> = packs()) =>
  rules.flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
  );

/** Rules that no acknowledgement excuses, for which cdk-nag has no option. */
const deafPacks = () =>
  packs().map((pack) => Object.defineProperty(pack, 'isAcknowledged', { value: () => false }));

test.each(['dev', 'prod'])(
  'finds a role of stage %s that may act on every resource, wherever it is added',
  async (stage) => {
    const fresh = await synthesise(stage, { alarmEmail });
    expect(findings(fresh)).toEqual([]);
    const home = fresh.stack.node;
    const patients = home.findChild('patients').node;
    for (const scope of [fresh.stack, home.findChild('Workflows'), patients.findChild('create')])
      new Role(scope, 'Unexcused', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        inlinePolicies: {
          All: new PolicyDocument({
            statements: [new PolicyStatement({ actions: ['dynamodb:GetItem'], resources: ['*'] })],
          }),
        },
      });
    const paths = ['', 'Workflows/', 'patients/create/'].map(
      (path) => `bulkhead-${stage}/${path}Unexcused/Resource`,
    );
    const rules = ['AwsSolutions-IAM5[Resource::*]', 'HIPAA.Security-IAMNoInlinePolicy'];
    expect(findings(fresh).toSorted()).toEqual(
      rules.flatMap((rule) => paths.map((path) => `${rule} ${path}`)).toSorted(),
    );
  },
);

test.each([
  ['dev', dev],
  ['prod', prod],
])('acknowledges nothing in stage %s that is not found there', (_, synthesised) => {
  const found = findings(synthesised, deafPacks());
  expect(found.length).toBeGreaterThan(300);
  const stale = synthesised.app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data))
      .map((id) => `${id.replace(/^annotation::/i, '')} ${node.path}`)
      .filter((one) => !found.some((finding) => finding === one || finding.startsWith(`${one}/`))),
  );
  expect(stale).toEqual([]);
});

test('acknowledges no finding on the stack, since that would excuse what is added to it later', () => {
  const types = [prod, dev].flatMap(({ app, stack }) =>
    [...app.node.metadata, ...stack.node.metadata].map(({ type }) => type),
  );
  expect(types).not.toContain(Validations.ACKNOWLEDGED_RULES_METADATA_KEY);
});

/** The resources under a construct, such as `patients/create`. */
const resourcesUnder = ({ stack }: Synthesised, ...path: string[]): number =>
  path
    .reduce((construct, id) => construct.node.findChild(id), stack as IConstruct)
    .node.findAll()
    .filter((construct) => CfnResource.isCfnResource(construct)).length;

test('has room below the 500 resources of CloudFormation for 22 endpoints and 8 workers more', () => {
  const today = Object.keys(prod.template.toJSON().Resources).length;
  const endpoint = resourcesUnder(prod, 'patients', 'create');
  expect(endpoint).toBe(2);
  // The dearest worker: one of a schedule, with its alarm.
  const worker = resourcesUnder(prod, 'patients', 'sweep') + 1;
  expect(worker).toBe(6);
  expect(today + 22 * endpoint + 8 * worker).toBeLessThan(450);
  // Of the megabyte that a template may have, as it is written: without indentation.
  expect(JSON.stringify(prod.template.toJSON()).length).toBeLessThan(700_000);
});

test.each([
  ['dev', dev],
  ['prod', prod],
])(
  'keeps nothing of stage %s under a fixed name, nor after a creation that was rolled back',
  (stage, { template }) => {
    const resources: [string, Resource][] = Object.entries(template.toJSON().Resources);
    const kept = resources.filter(([, { DeletionPolicy = 'Delete', UpdateReplacePolicy = 'Delete' }]) =>
      [DeletionPolicy, UpdateReplacePolicy].some((policy) => policy !== 'Delete'),
    );
    expect(kept.length > 0).toBe(stage === 'prod');
    for (const [id, { DeletionPolicy, Properties }] of kept) {
      expect([id, DeletionPolicy]).toEqual([id, 'RetainExceptOnCreate']);
      // CloudFormation draws the names of all but the secret, whose name has the id of the stack's creation.
      const names = Object.entries(Properties).filter(([property]) => /^(\w+)?Name$/.test(property));
      for (const [, name] of names) expect(JSON.stringify(name)).toContain('"AWS::StackId"');
    }
  },
);

test('leaves the logging role of API Gateway to a stack of the account, which no stage removes', () => {
  prod.template.resourceCountIs('AWS::ApiGateway::Account', 0);
  const app = new App();
  const template = Template.fromStack(new AccountStack(app, 'Bulkhead-account', {}));
  for (const type of ['AWS::ApiGateway::Account', 'AWS::IAM::Role'])
    template.hasResource(type, { DeletionPolicy: 'RetainExceptOnCreate' });
  expect(packs().flatMap((pack) => pack.validateScope(app).violations)).toEqual([]);
});

test('makes tables ready for the throughput of the settings, and none by default', async () => {
  const warm = { readUnitsPerSecond: 20_000, writeUnitsPerSecond: 6_000 };
  const { template } = await synthesise('dev', {
    warmThroughput: { all: warm, audit: { writeUnitsPerSecond: 5_000 } },
  });
  const found = Object.entries(template.findResources('AWS::DynamoDB::GlobalTable')).map(
    ([id, { Properties }]) => [id.startsWith('Tablesaudit'), Properties.WarmThroughput],
  );
  expect(found).toHaveLength(tableNames.length);
  for (const [isAudit, throughput] of found)
    expect(throughput).toEqual(
      isAudit ? { WriteUnitsPerSecond: 5_000 } : { ReadUnitsPerSecond: 20_000, WriteUnitsPerSecond: 6_000 },
    );
  expect(JSON.stringify(dev.template.toJSON())).not.toContain('WarmThroughput');
});

test('lets a backlog take as many executions as the setting says', async () => {
  const { template } = await synthesise('dev', { queueRunsMax: 50 });
  template.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
    ScalingConfig: { MaximumConcurrency: 50 },
  });
});

test('keeps the data of a production stage: deletion protection, retention, point-in-time recovery', () => {
  const tables = resourcesOf(prod, 'AWS::DynamoDB::GlobalTable');
  expect(tables).toHaveLength(tableNames.length);
  for (const table of tables) {
    expect(table).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    });
  }
});

test('runs on the restored tables that a setting names, and keeps its own to go back to', async () => {
  const restored = await synthesise('prod', { tableNames: { patients: 'restored-patients' } });
  expect(resourcesOf(restored, 'AWS::DynamoDB::GlobalTable')).toEqual(
    resourcesOf(prod, 'AWS::DynamoDB::GlobalTable'),
  );
  const create = resourcesOf(restored, 'AWS::Lambda::Function').find(
    ({ Environment }) => (Environment as { Variables: Record<string, unknown> }).Variables.PATIENTS_TABLE,
  );
  expect(create).toMatchObject({ Environment: { Variables: { PATIENTS_TABLE: 'restored-patients' } } });
  const policies = JSON.stringify(resourcesOf(restored, 'AWS::IAM::Policy'));
  const allRoles = JSON.stringify(resourcesOf(restored, 'AWS::IAM::Role'));
  expect(policies + allRoles).toContain(':table/restored-patients"');
  expect(policies + allRoles).toContain(':table/restored-patients/index/thin"');
  expect(policies + allRoles).not.toContain('Tablespatients');
  await expect(synthesise('prod', { tableNames: { people: 'x-people' } })).rejects.toThrow();
});

test('keeps the identity of the tables, since a new one would be empty', () => {
  const ids = Object.keys(prod.template.findResources('AWS::DynamoDB::GlobalTable'));
  expect(ids.toSorted()).toEqual([
    'Tablesadmin8F4A41DC',
    'TablesapiKeyUses187883F5',
    'TablesapiKeys2105EA78',
    'Tablesaudit3BC6CFAF',
    'TablesclinikoE7D877B8',
    'Tablescontent7E71BE79',
    'TablesguardsC07AF880',
    'TablesmessagingC2380390',
    'Tablesoperations4C7C29F5',
    'Tablespatients470D20B9',
    'Tableswebhooks91698196',
  ]);
});

test('gives every queue a dead-letter queue, TLS only, and time for six runs of its consumer', () => {
  const queues = resourcesOf(prod, 'AWS::SQS::Queue');
  const consumers = resourcesOf(prod, 'AWS::Lambda::EventSourceMapping');
  const working = queues.filter((queue) => 'RedrivePolicy' in queue);
  expect(working).toHaveLength(queues.length / 2);
  expect(resourcesOf(prod, 'AWS::SQS::QueuePolicy')).toHaveLength(queues.length);
  expect(consumers).toHaveLength(working.length);
  for (const consumer of consumers) {
    expect(consumer).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  }
  for (const queue of working) expect(queue).toMatchObject({ VisibilityTimeout: 6 * 60 });
});

test('runs every endpoint and worker on Node.js 24 and ARM, with the log group of its system', () => {
  const functions = resourcesOf(prod, 'AWS::Lambda::Function');
  expect(functions).toHaveLength(
    Object.values(endpoints).flatMap((its) => Object.keys(its)).length +
      Object.values(workers).flatMap((its) => Object.keys(its)).length +
      1,
  );
  for (const fn of functions) {
    expect(fn).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      LoggingConfig: { LogGroup: expect.anything() },
    });
  }
  const groups = new Set(functions.map(({ LoggingConfig }) => JSON.stringify(LoggingConfig)));
  expect(groups.size).toBe(Object.keys(endpoints).length + 1);
});

test('lets each function reach exactly what its contract names', () => {
  const roles = Object.entries(dev.template.findResources('AWS::IAM::Role'));
  const systems: Record<string, Record<string, Endpoint>> = endpoints;
  for (const [system, its] of Object.entries(systems)) {
    for (const [name, endpoint] of Object.entries(its)) {
      const [, role] = roles.find(([id]) => id.startsWith(`${system}${name}Role`)) ?? [];
      const text = JSON.stringify(role);
      const reached = new Set([
        ...(text.match(/(?<="Fn::GetAtt":\[")(Tables|Queues|Topics|SealingKey|\w+Bucket)[^"]+/g) ?? []),
        ...(text.match(/(?<="Ref":")Topics[^"]+/g) ?? []),
        ...(text.match(/(?<=:stateMachine:)[\w-]+|(?<=:secret:)[\w/-]+/g) ?? []),
      ]);
      expect({ name, reached: reached.size }).toEqual({
        name,
        reached: Object.keys(usesOf(endpoint)).length,
      });
    }
  }
});

test('lets two calls write API keys and two list them; all others get one by its hash, and workers none', () => {
  const systems: Record<string, Record<string, Endpoint>> = endpoints;
  const others = Object.entries(systems).flatMap(([system, its]) =>
    Object.entries(its).flatMap(([name, endpoint]) => {
      const { apiKeys } = usesOf(endpoint);
      return apiKeys === 'get' ? [] : [`${system}.${name}: ${apiKeys}`];
    }),
  );
  expect(others).toEqual([
    ...['access.createKey: write', 'access.listKeys: read', 'access.removeKey: write', 'ops.ready: read'],
  ]);
  const roles = Object.entries(dev.template.findResources('AWS::IAM::Role'));
  const allowed = (role: string): string[] => {
    const [, found] = roles.find(([id]) => id.startsWith(role)) ?? [];
    const statements: { Action: string | string[]; Resource: unknown }[] = found?.Properties.Policies.flatMap(
      ({ PolicyDocument }: { PolicyDocument: { Statement: object[] } }) => PolicyDocument.Statement,
    );
    return statements
      .filter(({ Resource }) => JSON.stringify(Resource).includes('TablesapiKeys'))
      .flatMap(({ Action }) => Action);
  };
  expect(allowed('patientsgetRole')).toEqual(['dynamodb:GetItem']);
  expect(allowed('opshealthRole')).toEqual(['dynamodb:GetItem']);
  expect(allowed('accesscreateKeyRole')).toContain('dynamodb:PutItem');
  const used = Object.values(workers).flatMap((its) => Object.values<Worker>(its));
  expect(used.filter(({ uses }) => uses.apiKeys ?? uses.apiKeyUses)).toEqual([]);
});

test('lets API Gateway call the functions of its routes, each system’s by a role of its own', () => {
  const { paths } = apiBody(dev);
  const roles = dev.template.findResources('AWS::IAM::Role') as Record<string, Resource>;
  const called = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ 'x-amazon-apigateway-integration': { uri, credentials } }) => ({
      fn: /"([A-Za-z]+Function[0-9A-F]{8})"/.exec(JSON.stringify(uri))?.[1] ?? 'none',
      role: credentials['Fn::GetAtt'][0],
    })),
  );
  const names = Object.values(endpoints).flatMap((its) => Object.keys(its));
  expect(new Set(called.map(({ fn }) => fn)).size).toBe(names.length + 1);
  for (const { fn, role } of called) {
    expect(JSON.stringify(roles[role]?.Properties.Policies)).toContain(`["${fn}","Arn"]`);
    expect(fn.startsWith(role.replace(/Invoker[0-9A-F]{8}$/, ''))).toBe(true);
  }
});

test('streams the answers of the contracts that say so, and no others', () => {
  const { paths } = apiBody(dev);
  for (const { path, method, streamed } of Object.values(endpoints).flatMap(
    (its) => Object.values(its) as Endpoint[],
  )) {
    const integration = paths[path]?.[method.toLowerCase()]?.['x-amazon-apigateway-integration'];
    expect(integration?.responseTransferMode).toBe(streamed ? 'STREAM' : undefined);
    expect(JSON.stringify(integration?.uri)).toContain(
      streamed ? '/response-streaming-invocations' : '2015-03-31/functions',
    );
  }
});

test('names a path variable alike in all routes, since API Gateway takes one name at each place', () => {
  const variables = new Map<string, string>();
  for (const { path } of Object.values(endpoints).flatMap((its) => Object.values(its) as Endpoint[])) {
    for (const { index, 0: variable } of path.matchAll(/\{\w+\}/g)) {
      const place = path.slice(0, index);
      expect([place, variables.get(place) ?? variable]).toEqual([place, variable]);
      variables.set(place, variable);
    }
  }
});

test('lets nothing act on every resource, except for the delivery of logs', () => {
  const own = Object.values(prod.template.findResources('AWS::IAM::Role')).flatMap(
    ({ Properties }) => Properties.Policies ?? [],
  );
  const beside = Object.values(prod.template.findResources('AWS::IAM::Policy')).map(
    ({ Properties }) => Properties,
  );
  expect(own.length).toBeGreaterThan(40);
  for (const { PolicyDocument } of [...own, ...beside]) {
    for (const { Action, Resource } of PolicyDocument.Statement) {
      // A wildcard at the end of a name, or of a function's versions, is not every resource.
      if ([Resource].flat().includes('*'))
        for (const action of [Action].flat()) expect(action).toMatch(/^logs:(Put|Describe|\w+LogDeliver)/);
    }
  }
});

test('says in each alarm who is hurt, and names a paragraph that the runbook has', () => {
  const runbook = readFileSync(join(import.meta.dirname, '..', 'docs', 'operating.md'), 'utf8');
  const alarms = resourcesOf(prod, 'AWS::CloudWatch::Alarm');
  expect(alarms.length).toBeGreaterThan(4);
  for (const alarm of alarms) {
    const [, paragraph] = /See docs\/operating\.md, "(.+)"\.$/.exec(String(alarm.AlarmDescription)) ?? [];
    expect(runbook).toContain(`**${paragraph}**`);
    expect(alarm).toMatchObject({ AlarmActions: [expect.anything()] });
  }
});

test('seals with one key, which is rotated, outlives a production stage, and has no name that blocks a retry', async () => {
  const keyOf = ({ template }: Synthesised) =>
    Object.entries(template.findResources('AWS::KMS::Key')).find(([id]) => id.startsWith('SealingKey'))?.[1];
  // A key of another id would be a new one, which opens nothing of the old one's.
  expect(Object.keys(prod.template.findResources('AWS::KMS::Key'))).toContain('SealingKey98C9818D');
  expect(keyOf(prod)).toMatchObject({
    Properties: { EnableKeyRotation: true },
    DeletionPolicy: 'RetainExceptOnCreate',
    UpdateReplacePolicy: 'Retain',
  });
  expect(keyOf(dev)).toMatchObject({ Properties: { EnableKeyRotation: true }, DeletionPolicy: 'Delete' });
  const aliases = resourcesOf(prod, 'AWS::KMS::Alias');
  expect(aliases).toMatchObject([{ AliasName: 'alias/bulkhead-prod-sealing' }]);
  expect(aliases[0]?.DeletionPolicy).not.toBe('Retain');
  const sealingKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const again = await synthesise('prod', { sealingKeyArn });
  expect(keyOf(again)).toBeUndefined();
  expect(JSON.stringify(again.template.findResources('AWS::Lambda::Function'))).toContain(sealingKeyArn);
});

test('lets a function either seal or open, one kind of values, and only bound to a tenant and an id', () => {
  const statements = Object.entries(prod.template.findResources('AWS::IAM::Role'))
    .flatMap(([role, { Properties }]) =>
      (Properties.Policies ?? []).flatMap(({ PolicyDocument }: { PolicyDocument: { Statement: object[] } }) =>
        PolicyDocument.Statement.map((statement) => ({ role, statement })),
      ),
    )
    .filter(({ statement }) => JSON.stringify(statement).includes('"kms:'));
  expect(statements.length).toBeGreaterThan(5);
  expect(new Set(statements.map(({ role }) => role)).size).toBe(statements.length);
  for (const { statement } of statements)
    expect(statement).toMatchObject({
      Action: expect.stringMatching(/^kms:(Encrypt|Decrypt)$/),
      Condition: {
        StringEquals: { 'kms:EncryptionContext:kind': expect.stringMatching(/^sealed/) },
        Null: { 'kms:EncryptionContext:tenant': 'false', 'kms:EncryptionContext:id': 'false' },
      },
    });
});

test('gives the key of the chain to the driver of the chain alone, as the acknowledgement of its encryption says', () => {
  const systems: Record<string, { uses?: Uses }>[] = [
    ...Object.values(endpoints).map((its): Record<string, Endpoint> => its),
    ...Object.values(workers).map((its): Record<string, Worker> => its),
  ];
  const users = systems.flatMap((its) =>
    Object.entries(its).flatMap(([name, { uses }]) => (uses?.stacksKeys ? [name] : [])),
  );
  expect(users).toEqual(['driveChain']);
});

test('runs a schedule again instead of retrying it, and tells if one does not succeed or no longer runs', () => {
  const scheduled = Object.entries<Record<string, Worker>>(workers).flatMap(([system, its]) =>
    Object.entries(its).flatMap(([name, { trigger }]) => ('every' in trigger ? [`${system}.${name}`] : [])),
  );
  expect(scheduled.length).toBeGreaterThan(5);
  const rules = resourcesOf(prod, 'AWS::Events::Rule').filter((rule) => rule.ScheduleExpression);
  expect(rules).toHaveLength(scheduled.length);
  const invocations = resourcesOf<{ FunctionName: { Ref: string } }>(prod, 'AWS::Lambda::EventInvokeConfig');
  expect(invocations).toHaveLength(scheduled.length);
  const alarms = resourcesOf(prod, 'AWS::CloudWatch::Alarm');
  for (const config of invocations) {
    expect(config).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    const own = alarms.filter((alarm) => JSON.stringify(alarm).includes(`"${config.FunctionName.Ref}"`));
    expect(own).toMatchObject([
      {
        MetricName: 'Errors',
        // The least of a period: above 0 if no run succeeded.
        Statistic: 'Minimum',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        EvaluationPeriods: 3,
        TreatMissingData: 'missing',
        AlarmActions: [expect.anything()],
        InsufficientDataActions: [expect.anything()],
      },
    ]);
  }
  for (const name of scheduled)
    expect(alarms.some(({ AlarmDescription }) => String(AlarmDescription).includes(name))).toBe(true);
});

test('has one alarm for each workflow, which watches failed and timed-out executions', () => {
  const alarms = resourcesOf(prod, 'AWS::CloudWatch::Alarm').map((alarm) => JSON.stringify(alarm));
  const machines = Object.keys(prod.template.findResources('AWS::StepFunctions::StateMachine'));
  expect(machines).toHaveLength(workflows.length);
  for (const machine of machines) {
    const own = alarms.filter((alarm) => alarm.includes(machine));
    expect(own).toHaveLength(1);
    for (const metric of ['ExecutionsFailed', 'ExecutionsTimedOut']) expect(own[0]).toContain(metric);
  }
});

interface Retrier {
  ErrorEquals: string[];
  MaxAttempts: number;
}
interface WorkflowState {
  Type: string;
  Retry?: Retrier[];
}

/** The steps of all workflows that invoke a function, by their names. */
function stepsOf(synthesised: Synthesised): [string, WorkflowState][] {
  const machines = resourcesOf<{ DefinitionString: { 'Fn::Join': [string, unknown[]] } }>(
    synthesised,
    'AWS::StepFunctions::StateMachine',
  );
  return machines.flatMap(({ DefinitionString }) => {
    const parts = DefinitionString['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'x'));
    const { States } = JSON.parse(parts.join('')) as { States: Record<string, WorkflowState> };
    return Object.entries(States).filter(([, { Type }]) => Type === 'Task');
  });
}

test('goes on with a workflow when Lambda was busy or a function died, and repeats no step that cannot succeed', () => {
  const steps = stepsOf(prod);
  expect(steps.map(([name]) => name).toSorted()).toEqual([
    'Begin',
    'Deliver',
    'Fail',
    'Finish',
    'Page',
    'Removals',
  ]);
  for (const [name, { Retry = [] }] of steps) {
    // Step Functions takes the first retrier that names the error; `States.ALL` must be alone and the last.
    const retriesAfter = (error: string) =>
      Retry.find(({ ErrorEquals }) => ErrorEquals.includes(error) || ErrorEquals.includes('States.ALL'))
        ?.MaxAttempts ?? 0;
    expect(Retry.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    expect([name, retriesAfter('Lambda.TooManyRequestsException')]).toEqual([name, 20]);
    for (const error of ['Sandbox.Timedout', 'Lambda.Unknown', 'States.Timeout', 'Unavailable', 'Overtaken'])
      expect(retriesAfter(error)).toBeGreaterThanOrEqual(5);
    if (['Begin', 'Page', 'Removals', 'Finish'].includes(name))
      for (const error of permanentFaults) expect([error, retriesAfter(error)]).toEqual([error, 0]);
  }
});

test('expires webhook deliveries, operations, guards and API keys by the time to live of their tables', () => {
  const ttl = resourcesOf(prod, 'AWS::DynamoDB::GlobalTable').map((table) => JSON.stringify(table));
  const forgetting = ttl.filter((table) => table.includes('"AttributeName":"expires_at"'));
  expect(forgetting).toHaveLength(5);
});

test('rejects an unknown setting by its name', async () => {
  await expect(synthesise('dev', { keepDate: true })).rejects.toThrow(/keepDate/);
});
