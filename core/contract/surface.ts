import { type Endpoint, usesOf } from './endpoint.ts';

type Systems = Record<string, Record<string, Endpoint>>;

const COLUMNS = ['call', 'what it does', 'who', 'limit', 'uses'];

const row = (cells: string[]) => `| ${cells.join(' | ')} |`;

function cells({ method, path, summary, roles, limit, ...endpoint }: Endpoint): string[] {
  const uses = Object.entries(usesOf({ method, path, summary, roles, limit, ...endpoint }));
  return [
    `\`${method} ${path}\``,
    summary,
    roles === 'anyone' ? 'anyone' : roles.join(', '),
    limit ? `${limit.calls} in ${limit.seconds} s per ${limit.per}` : '',
    uses.map(([name, access]) => `${name}: ${access}`).join(', '),
  ];
}

/** Every endpoint with what it does, who may call it, its limit and its permissions, as a table in Markdown. */
export function surface(systems: Systems): string {
  const rows = Object.values(systems).flatMap((endpoints) => Object.values(endpoints).map(cells));
  return [COLUMNS, COLUMNS.map(() => '---'), ...rows].map(row).join('\n');
}
