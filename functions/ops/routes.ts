import { type Endpoint, methodsServed } from '../../core/contract/endpoint.ts';
import { invariant } from '../../core/invariant.ts';

/** Methods of a route. @param path as API Gateway names the resource, for example `/patients/{id}`. */
export const methodsOf = (endpoints: Endpoint[], path: string): string[] =>
  endpoints.filter((endpoint) => endpoint.path === path).flatMap(({ method }) => methodsServed(method));

function sharedSegments(one: string, other: string): number {
  const [left, right] = [one.split('/'), other.split('/')];
  const differing = left.findIndex((segment, index) => segment !== right[index]);
  return differing === -1 ? left.length : differing;
}

/**
 * An endpoint of the system that a path belongs to: the one that shares the most leading segments with the
 * path, and the first of several such.
 */
export function systemOf(endpoints: Endpoint[], path: string): Endpoint {
  const [first, ...others] = endpoints;
  invariant(first, 'there are endpoints');
  return others.reduce(
    (best, endpoint) =>
      sharedSegments(endpoint.path, path) > sharedSegments(best.path, path) ? endpoint : best,
    first,
  );
}
