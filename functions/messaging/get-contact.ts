import { Problem } from '../../core/http/problem.ts';
import { serve } from '../../core/http/serve.ts';
import { contactEndpoints } from './contacts/api.ts';
import { asContact, contactLedger } from './contacts/store.ts';

const contactIdPattern = /^[0-9a-f-]{36}$/i;

export const handler = serve(contactEndpoints.getContact, async ({ params: { contactId }, caller }) => {
  const id = contactIdPattern.test(contactId) ? contactId.toLowerCase() : undefined;
  const contact = id && (await contactLedger().load(caller.tenantId, (view) => view.get(id)));
  if (!contact) throw new Problem('not_found', 'Contact not found');
  return asContact(contact);
});
