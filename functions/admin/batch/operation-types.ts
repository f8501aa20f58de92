export const adminOperationTypes = [
  'order_update',
  'professional_approval',
  'service_update',
  'user_update',
] as const;
export type AdminOperationType = (typeof adminOperationTypes)[number];
