/** What became of one id of a bulk operation. */
interface ItemResult {
  success: boolean;
}

/** The reply of a bulk operation: it is a success when no item failed. */
export function bulkReply<T extends ItemResult>(results: T[]) {
  const updated = results.filter(({ success }) => success).length;
  return {
    success: updated === results.length,
    updated_count: updated,
    failed_count: results.length - updated,
    total_count: results.length,
    results,
  };
}
