import type { Snapshot } from './snapshot.ts';

/**
 * The filter by which DynamoDB itself leaves out what a snapshot does not have: records that were created
 * later, and records that were deleted by then.
 *
 * A record that is written during the query does not disturb it, since the filter asks for nothing that a
 * later transaction changes for this snapshot.
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
