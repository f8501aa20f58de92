/** A patient as a caller would send it; `n` tells several apart. */
export const newPatient = (n = 0, more: Record<string, unknown> = {}) => ({
  first_name: `Ada ${n}`,
  last_name: 'Lovelace',
  date_of_birth: '1990-12-10',
  gender: 'female',
  phone: `+25571200${String(n).padStart(4, '0')}`,
  email: `ada.${n}@example.com`,
  ...more,
});

export const newPatients = (count: number, more: Record<string, unknown> = {}) =>
  Array.from({ length: count }, (_, n) => newPatient(n, more));
