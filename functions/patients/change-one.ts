import type { Caller } from '../../core/http/caller.ts';
import type { AnswerWith } from '../../core/http/serve.ts';
import type { Change, FoundRecord } from '../../core/ledger/ledger.ts';
import { SINGLE } from './audit-log.ts';
import type { Patient } from './patient.ts';
import { notFound, patientLedger, placesOf } from './store.ts';

interface Asked {
  id: string;
  caller: Caller;
  answer: AnswerWith;
}

/**
 * Changes one patient that the caller may see.
 *
 * @param decide what is to become of the patient, and the reply. Pure: it is called again after a conflict.
 * @throws Problem `not_found`, for a patient of another tenant as for none.
 */
export async function changeOne<R>(
  { id, caller, answer }: Asked,
  decide: (patient: FoundRecord<Patient>) => { change: Change<Patient>; result: R },
): Promise<R> {
  return await patientLedger().write({
    actor: caller.userId,
    note: SINGLE,
    reads: await placesOf(caller, [id]),
    decide: (found) => {
      const patient = found.get(id);
      if (!patient) throw notFound(id);
      const { change, result } = decide(patient);
      return { changes: [change], result };
    },
    answer,
  });
}
