import { ledgerVerifiers } from '../../core/ledger/verify.ts';
import { patientCounters } from './store.ts';

export const patientVerifiers = ledgerVerifiers({ name: 'patients', counters: patientCounters });
