import type { Fault } from '../../local/cliniko/faults.ts';
import { randomOf } from '../../local/cliniko/patients.ts';
import type { Plan } from './simulation.ts';

/** A mixture of faults that pass, of up to five kinds. */
export function mixture(seed: number): Plan {
  const random = randomOf(seed * 7_919);
  const faults: Fault[] = [
    { name: 'rate_limited', every: 7, seconds: 1 + Math.floor(random() * 60) },
    { name: 'server_error', rate: 0.05 },
    { name: 'slow_body', rate: 0.02 },
    { name: 'cut_body', rate: 0.03 },
    { name: 'short_body', rate: 0.02 },
    { name: 'repeated_row', rate: 0.2 },
    { name: 'archived_during_walk', page: 2 + Math.floor(random() * 3), times: 1 + Math.floor(random() * 2) },
    { name: 'created_during_walk', page: 2, times: 1 },
    { name: 'updated_during_walk', rate: 0.1, times: 2 },
    { name: 'deleted_during_walk', page: 2, times: 1 },
    { name: 'total_zero', rate: 0.1, times: 2 },
    { name: 'unicode' },
    { name: 'numeric_ids' },
  ];
  const chosen = faults.filter(() => random() < 0.5);
  const patients = 150 + Math.floor(random() * 350);
  const spec = {
    patients,
    archived: Math.floor(random() * 120),
    deleted: Math.floor(random() * 20),
    faults: chosen,
  };
  return { spec, seed, crashes: random() < 0.5 ? 0.01 : 0 };
}
