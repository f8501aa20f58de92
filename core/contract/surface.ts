import { type Endpoint, ownUsesOf } from './endpoint.ts';

type Systems = Record<string, Record<string, Endpoint>>;

const columns = ['call', 'what it does', 'who', 'limit', 'uses'];

const row = (cells: string[]) => `| ${cells.join(' | ')} |`;

function cells({ method, path, summary, roles, limit, ...endpoint }: Endpoint): string[] {
  const uses = Object.entries(ownUsesOf({ method, path, summary, roles, limit, ...endpoint }));
  return [
    `\`${method} ${path}\``,
    summary,
    roles === 'anyone' ? 'anyone' : roles.join(', '),
    limit ? `${limit.calls} in ${limit.seconds} s per ${limit.per}` : '',
    uses.map(([name, access]) => `${name}: ${access}`).join(', '),
  ];
}

/** A Markdown table of all endpoints: summary, roles, rate limit and permissions. */
export function surface(systems: Systems): string {
  const rows = Object.values(systems).flatMap((endpoints) => Object.values(endpoints).map(cells));
  return [columns, columns.map(() => '---'), ...rows].map(row).join('\n');
}
