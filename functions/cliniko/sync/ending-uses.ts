/** Ending a sync writes its log and counts, and stores and starts deliveries to webhooks. */
export const endingUses = {
  cliniko: 'write',
  operations: 'write',
  webhooks: 'put',
  webhookDelivery: 'run',
} as const;
