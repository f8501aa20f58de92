import { present } from '../../core/invariant.ts';
import type { ApiResource } from './rest-api.ts';

/** The resource that matches a path, and the values of its path parameters. */
export interface Match {
  readonly resource: ApiResource;
  readonly parameters: Readonly<Record<string, string>> | null;
}

interface Node {
  resource?: ApiResource;
  readonly literals: Map<string, Node>;
  variable?: { readonly name: string; readonly node: Node };
  greedy?: { readonly name: string; readonly node: Node };
}

/**
 * Creates a router with API Gateway's precedence: a literal segment before a variable, a variable before
 * `{proxy+}`; a trailing slash is ignored.
 */
export function makeMatcher(resources: readonly ApiResource[]): (path: string) => Match | undefined {
  const root = node();
  for (const resource of resources) {
    let at = root;
    for (const segment of resource.segments) at = child(at, segment);
    at.resource = resource;
  }
  return (path) => {
    const segments = path.split('/').slice(1);
    if (segments.at(-1) === '') segments.pop();
    return find(root, segments, []);
  };
}

const node = (): Node => ({ literals: new Map() });

function child(parent: Node, segment: string): Node {
  const name = /^\{(.+?)(\+?)\}$/.exec(segment);
  if (!name) {
    const existing = parent.literals.get(segment);
    if (existing) return existing;
    const made = node();
    parent.literals.set(segment, made);
    return made;
  }
  const kind = name[2] === '+' ? 'greedy' : 'variable';
  parent[kind] ??= { name: present(name[1], 'the pattern captures a name'), node: node() };
  return parent[kind].node;
}

function find(at: Node, segments: readonly string[], bound: [string, string][]): Match | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) return at.resource && hit(at.resource, bound);
  const literal = at.literals.get(segment);
  const byLiteral = literal && find(literal, rest, bound);
  if (byLiteral) return byLiteral;
  const byVariable =
    at.variable && segment !== '' && find(at.variable.node, rest, [...bound, [at.variable.name, segment]]);
  if (byVariable) return byVariable;
  const { greedy } = at;
  return greedy?.node.resource && hit(greedy.node.resource, [...bound, [greedy.name, segments.join('/')]]);
}

const hit = (resource: ApiResource, bound: readonly [string, string][]): Match => ({
  resource,
  parameters: bound.length > 0 ? Object.fromEntries(bound) : null,
});
