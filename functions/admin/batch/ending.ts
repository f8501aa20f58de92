/** The permissions for ending a batch: recording it, and reporting it to webhooks and the topic. */
export const batchEndUses = {
  operations: 'write',
  webhooks: 'append',
  webhookDelivery: 'run',
  batchNotices: 'publish',
} as const;
