import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { tables } from '../core/contract/resources.ts';
import { readSettings } from '../lib/settings.ts';
import { root } from '../local/project.ts';
import { type Synthesised, synthesise } from './synthesise.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const operating = read('docs/operating.md');
const documents = ['README.md', 'docs/operating.md', 'docs/upgrading.md'].map((file) => ({
  file,
  text: read(file),
}));

/** The text under a heading, without the sections after it. */
function section(heading: string): string {
  const [, after = ''] = operating.split(`\n${heading}\n`);
  return after.split(/\n#{2,3} /)[0] ?? '';
}

/** The names in the first column of a section's table. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(.+?)`/g)].map(([, name = '']) => name),
  );

let prod: Synthesised;
beforeAll(async () => {
  prod = await synthesise('prod', {
    alarmEmail: 'ops@example.com',
    domain: {
      name: 'api.example.com',
      certificateArn: `arn:aws:acm:us-east-1:123456789012:certificate/${'a'.repeat(36)}`,
    },
  });
});

test('lists every output of the stack, and no other', () => {
  const outputs = Object.keys(prod.template.toJSON().Outputs);
  expect(namesIn(section('## Deploying')).toSorted()).toEqual(outputs.toSorted());
});

/** Settings that have no default, which the parsed ones of a stage lack. */
const optional = ['auth', 'domain', 'sealingKeyArn', 'alarmEmail'];

test('lists every setting, and no other', () => {
  const { stage, ...settings } = readSettings('dev', {});
  expect(stage).toBe('dev');
  const known = [...Object.keys(settings), ...optional];
  expect(namesIn(section('### Settings')).toSorted()).toEqual(known.toSorted());
});

test('has a paragraph for every alarm, an alarm for every paragraph, and what they cost', () => {
  const alarms = Object.values(prod.template.findResources('AWS::CloudWatch::Alarm'));
  const named = alarms.map(({ Properties }) => / "(.+)"\.$/.exec(Properties.AlarmDescription)?.[1]);
  const [withAlarm = ''] = section('### Alarms').split('Without an alarm of their own:');
  const paragraphs = [...withAlarm.matchAll(/^- \*\*(.+?)\*\*/gm)].map(([, title]) => title);
  expect(new Set(paragraphs)).toEqual(new Set(named));

  const metrics = alarms.flatMap(({ Properties }) => {
    const parts: { MetricStat?: object; Expression?: string }[] = Properties.Metrics ?? [{ MetricStat: {} }];
    return parts.filter(({ MetricStat, Expression }) => MetricStat || Expression?.startsWith('SELECT'));
  });
  expect(section('## Runbook')).toContain(`Alarms are $${(metrics.length * 0.1).toFixed(2)} a month`);
});

test('restores all tables, with the time to live that each has', () => {
  const restore = section('### Restore');
  const listed = /^ *tables="(.+)"$/m.exec(restore)?.[1]?.split(' ');
  expect(listed).toEqual([...tables]);
  const expiring = Object.entries(prod.template.findResources('AWS::DynamoDB::GlobalTable')).flatMap(
    ([id, { Properties }]) => (Properties.TimeToLiveSpecification ? [id.slice('Tables'.length, -8)] : []),
  );
  const [, loop = ''] =
    /for table in ([a-zA-Z ]+); do\n\s+aws dynamodb update-time-to-live/.exec(restore) ?? [];
  expect(loop.split(' ').toSorted()).toEqual(expiring.toSorted());
});

test('names resources of the template as they are there', () => {
  const resources = prod.template.toJSON().Resources as Record<string, { Type: string }>;
  const types = new Set(Object.values(resources).map(({ Type }) => Type));
  const named = [...operating.matchAll(/\bof (AWS::\w+::\w+)/g)].map(([, type = '']) => type);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((type) => !types.has(type))).toEqual([]);
  const ids = [...operating.matchAll(/--logical-resource-id (\w+)/g)].map(([, id = '']) => id);
  expect(ids).toHaveLength(1);
  expect(ids.filter((id) => resources[id]?.Type !== 'AWS::ApiGateway::RestApi')).toEqual([]);
});

test('names only files that exist', () => {
  const named = documents.flatMap(({ file, text }) =>
    [...text.matchAll(/(?<![\w/.-])((?:tests|core|functions|lib|bin|docs|checks)\/[\w./-]+\.\w+)/g)].map(
      ([, path = '']) => ({ file, path }),
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
});

test('gives commands only options that they have', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const usages = new Map<string, string>();
  const usageOf = (script: string): string | undefined => {
    const [, file] = /(bin\/\w[\w-]*\.ts)/.exec(scripts[script] ?? '') ?? [];
    if (!file) return undefined;
    const usage =
      usages.get(file) ??
      spawnSync(process.execPath, [join(root, file), '--help'], { encoding: 'utf8' }).stdout;
    usages.set(file, usage);
    return usage;
  };
  const unknown = documents.flatMap(({ file, text }) =>
    [...text.matchAll(/npm (?:run (?:-s )?)?([a-z][a-z-]*) --((?: +(?!#|\|)[^\s`)]+)+)/g)].flatMap(
      ([, script = '', options = '']) => {
        const usage = usageOf(script);
        if (usage === undefined) return [];
        const named = options.match(/(?<=\s)--[a-z_-]+/g) ?? [];
        return named
          .filter((option) => !usage.includes(option))
          .map((option) => `${file}: ${script} ${option}`);
      },
    ),
  );
  expect(usages.size).toBeGreaterThan(3);
  expect(unknown.filter((one) => !one.endsWith(' --help'))).toEqual([]);
});

test('quotes lines and errors of the log as the code writes them', () => {
  const code = globSync('{core,functions,lib}/**/*.ts', { cwd: root }).map(read).join('\n');
  const runbook = operating.slice(operating.indexOf('## Runbook'), operating.indexOf('## Teardown'));
  const lines = [...runbook.matchAll(/`(?!aws )([a-z]+(?:\s+[a-z]+){2,}(?:: \w+)?)`/g)].map(([, line = '']) =>
    line.replace(/\s+/g, ' '),
  );
  const errors = [
    'SecretUnavailable',
    'NewerVersion',
    'BrokenInvariant',
    'SYNC_INTERRUPTED',
    'InvalidCiphertextException',
  ];
  expect(lines.length).toBeGreaterThan(2);
  for (const error of errors) expect(runbook).toContain(error);
  expect([...lines, ...errors].filter((line) => !code.includes(line))).toEqual([]);
  const fields = ['requestId', 'endpoint', 'latency', 'faults', 'level'];
  for (const field of fields) expect(section('### Logs')).toContain(field);
  expect(read('core/metrics.ts')).toContain("'answered'");
  for (const field of fields.slice(0, 4))
    expect(read('core/metrics.ts')).toMatch(new RegExp(`\\b${field}[:,]`));
});
