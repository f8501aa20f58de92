import { serve } from '../../core/http/serve.ts';
import { contactEndpoints } from './contacts/api.ts';
import { contactPage } from './contacts/page.ts';
import { contactLedger } from './contacts/store.ts';

export const handler = serve(contactEndpoints.listContacts, async ({ query, caller }) => {
  const key = `contacts:list:${JSON.stringify(query)}`;
  const { value } = await contactLedger().read(caller.tenantId, key, (view) => contactPage(view, query));
  return value;
});
