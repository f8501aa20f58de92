import type { Snapshot } from './snapshot.ts';

/**
 * The filter with which DynamoDB itself leaves out what a snapshot does not have: what was created later, and what was deleted by then.
 *
 * Records that change meanwhile cannot disturb it, since it asks for nothing that a later batch moves.
 */
export function snapshotFilter({ reg, undecided }: Snapshot) {
  const stamps = [...undecided];
  const names = stamps.map((_, index) => `:f${index}`).join(', ');
  const created = stamps.length > 0 ? `c <= :reg AND NOT c IN (${names})` : 'c <= :reg';
  const deletedLater = stamps.length > 0 ? `tx > :reg OR tx IN (${names})` : 'tx > :reg';
  return {
    expression: `${created} AND (attribute_not_exists(x) OR ${deletedLater})`,
    values: { ':reg': reg, ...Object.fromEntries(stamps.map((stamp, index) => [`:f${index}`, stamp])) },
  };
}
