export const orderStatuses = ['pending', 'confirmed', 'in_progress', 'completed', 'cancelled'] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export const categories = [
  'repair',
  'assembly',
  'plumbing',
  'electrical',
  'cleaning',
  'painting',
  'carpentry',
  'gardening',
  'pest_control',
  'air_conditioning',
  'locksmith',
  'moving',
  'other',
] as const;
export type Category = (typeof categories)[number];
