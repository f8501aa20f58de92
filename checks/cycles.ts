import { importsOf } from './imports.ts';
import type { SourceFile } from './source.ts';

/**
 * Files that import each other in a circle, types included, cannot be understood one by one. One violation
 * for each strongly connected component.
 */
export function cycles(sources: SourceFile[]): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  const graph = new Map(
    sources.map((source) => [
      source.path,
      importsOf(source).flatMap(({ to, offset }) => (to && paths.has(to) ? [{ to, offset }] : [])),
    ]),
  );
  return knots(new Map([...graph].map(([from, targets]) => [from, targets.map(({ to }) => to)]))).map(
    (knot) => {
      const [first = ''] = knot;
      return `${first}:1 import cycle among ${knot.length} files: ${knot.join(', ')}`;
    },
  );
}

/** The strongly connected components that have a cycle (Tarjan's algorithm), each sorted. */
function knots(graph: Map<string, string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];

  const visit = (node: string) => {
    const own = index.size;
    index.set(node, own);
    stack.push(node);
    let lowest = own;
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) lowest = Math.min(lowest, low.get(next) ?? index.get(next) ?? own);
    }
    low.set(node, lowest);
    if (lowest < own) return;
    const knot = stack.splice(stack.indexOf(node)).sort();
    if (knot.length > 1 || graph.get(node)?.includes(node)) found.push(knot);
  };

  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}
