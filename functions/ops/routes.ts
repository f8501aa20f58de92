import type { Endpoint } from '../../core/contract/endpoint.ts';

/** The methods of a route, `path` as API Gateway names its resource. */
export const methodsOf = (endpoints: Endpoint[], path: string): string[] =>
  endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method);

function sharedSegments(one: string, other: string): number {
  const [left, right] = [one.split('/'), other.split('/')];
  const differing = left.findIndex((segment, index) => segment !== right[index]);
  return differing === -1 ? left.length : differing;
}

/** An endpoint of the system that a path belongs to: the one that shares the most segments from the left, the first of equals. */
export function systemOf(endpoints: Endpoint[], path: string): Endpoint {
  const [first, ...others] = endpoints;
  if (!first) throw new Error('there are no endpoints');
  return others.reduce(
    (best, endpoint) =>
      sharedSegments(endpoint.path, path) > sharedSegments(best.path, path) ? endpoint : best,
    first,
  );
}
