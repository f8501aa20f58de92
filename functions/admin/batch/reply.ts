/** The outcome of one id. */
interface BulkItem {
  success: boolean;
}

/** The reply of a bulk operation. It is a success if no item failed. */
export function bulkReply<T extends BulkItem>(results: T[]) {
  const updated = results.filter(({ success }) => success).length;
  return {
    success: updated === results.length,
    updated_count: updated,
    failed_count: results.length - updated,
    total_count: results.length,
    results,
  };
}
