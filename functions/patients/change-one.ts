import type { Caller } from '../../core/http/caller.ts';
import type { AnswerWith } from '../../core/http/serve.ts';
import type { Change, FoundRecord } from '../../core/ledger/ledger.ts';
import { singleNote } from './audit-log.ts';
import type { Patient } from './patient.ts';
import { notFound, patientLedger, placesOf } from './store.ts';

interface ChangeRequest {
  id: string;
  caller: Caller;
  answer: AnswerWith;
}

/**
 * Changes one patient that the caller may see.
 *
 * @param decide returns the change and the reply. It must be pure, since it is called again after a conflict.
 * @throws Problem `not_found`, also for a patient of another tenant, so that ids cannot be probed.
 */
export async function changeOne<R>(
  { id, caller, answer }: ChangeRequest,
  decide: (patient: FoundRecord<Patient>) => { change: Change<Patient>; result: R },
): Promise<R> {
  return await patientLedger().write({
    actor: caller.userId,
    note: singleNote,
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
