/** The permissions for ending a batch: recording it, and reporting it to webhooks and the topic. */
export const batchEndUses = {
  operations: 'write',
  webhooks: 'put',
  webhookDelivery: 'run',
  batchNotices: 'publish',
} as const;
