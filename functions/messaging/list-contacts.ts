import { serve } from '../../core/serve.ts';
import { contactPage } from './contact-page.ts';
import { contactLedger } from './contact-store.ts';
import { contactEndpoints } from './contacts-api.ts';

export const handler = serve(contactEndpoints.listContacts, async ({ query, caller }) => {
  const key = `contacts:list:${JSON.stringify(query)}`;
  const { value } = await contactLedger().read(caller.tenantId, key, (view) => contactPage(view, query));
  return value;
});
