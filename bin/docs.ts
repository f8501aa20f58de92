/** `npm run docs` writes the derived parts of the documents. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../core/contract/endpoint.ts';
import { surface } from '../core/contract/surface.ts';
import type { Worker } from '../core/contract/worker.ts';
import { endpoints, workers } from '../functions/index.ts';
import { commandLine } from '../lib/command-line.ts';

const usage = `npm run docs -- [--check]

Writes the derived parts of the documents.
--check  writes nothing, and fails if one is stale`;

const { values } = commandLine(usage, { options: { check: { type: 'boolean', default: false } } });

const root = join(import.meta.dirname, '..');
const decisionsFolder = 'docs/decisions';

/** A part of a document that is derived: the text between `<!-- name -->` and `<!-- /name -->`. */
interface DerivedPart {
  file: string;
  name: string;
  text: string;
}

const table = (columns: string[], rows: string[][]): string =>
  [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** The endpoints of each system, under a heading that other documents link to. */
function endpointTables(systems: Record<string, Record<string, Endpoint>>): string {
  const sections = Object.entries(systems).map(
    ([system, its]) => `### ${system}\n\n${surface({ [system]: its })}`,
  );
  return sections.join('\n\n');
}

function triggerText({ trigger }: Worker): string {
  if ('queue' in trigger) return `queue \`${trigger.queue}\``;
  return 'every' in trigger ? `schedule \`${trigger.every}\`` : `workflow \`${trigger.workflow}\``;
}

function workerTable(systems: Record<string, Record<string, Worker>>): string {
  const rows = Object.entries(systems).flatMap(([system, its]) =>
    Object.entries(its).map(([name, worker]) => [
      `\`${system}.${name}\``,
      worker.summary,
      triggerText(worker),
      Object.entries(worker.uses)
        .map(([resource, access]) => `${resource}: ${access}`)
        .join(', '),
    ]),
  );
  return table(['worker', 'what it does', 'trigger', 'uses'], rows);
}

/** The decision records in the order of their numbers, by their first line. */
function decisionIndex(): string {
  const files = readdirSync(join(root, decisionsFolder)).filter((file) => /^\d{3}-.+\.md$/.test(file));
  return files
    .sort()
    .map((file) => {
      const [heading = ''] = readFileSync(join(root, decisionsFolder, file), 'utf8').split('\n');
      return `- [${heading.replace(/^# /, '')}](${file})`;
    })
    .join('\n');
}

const parts: DerivedPart[] = [
  { file: 'docs/api.md', name: 'endpoints', text: endpointTables(endpoints) },
  { file: 'docs/api.md', name: 'workers', text: workerTable(workers) },
  { file: `${decisionsFolder}/README.md`, name: 'decisions', text: decisionIndex() },
];

/** @throws Error if the document has no place for the part. */
function withPart(document: string, { file, name, text }: DerivedPart): string {
  const place = new RegExp(`(?<=<!-- ${name} -->\n)[\\s\\S]*(?=<!-- /${name} -->)`);
  if (!place.test(document)) throw new Error(`${file} has no place for the derived part "${name}"`);
  // A function, since `$` in a text would stand for a part of the match.
  return document.replace(place, () => `\n${text}\n\n`);
}

const stale = Object.entries(Object.groupBy(parts, ({ file }) => file)).flatMap(([file, its = []]) => {
  const path = join(root, file);
  const document = readFileSync(path, 'utf8');
  const fresh = its.reduce(withPart, document);
  if (fresh === document) return [];
  if (!values.check) writeFileSync(path, fresh);
  return [file];
});

if (values.check && stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}. \`npm run docs\` writes what is derived.`);
  process.exitCode = 1;
}
