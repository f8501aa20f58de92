/** What ending a batch uses: it is noted, and told to whoever wants to hear of it. */
export const ending = {
  operations: 'write',
  webhooks: 'append',
  webhookDelivery: 'run',
  batchNotices: 'publish',
} as const;
