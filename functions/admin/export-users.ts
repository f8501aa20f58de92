import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { streamExport } from './export/export.ts';
import { userFacet, users, userTypes } from './records/user.ts';

const both = [true, false];

export const handler = serve(admin.exportUsers, ({ query, ...call }) => {
  const { user_type: type, is_active: active, is_verified: verified } = query;
  const facets = (type ? [type] : userTypes).flatMap((one) =>
    (active === undefined ? both : [active]).flatMap((isActive) =>
      (verified === undefined ? both : [verified]).map((isVerified) => userFacet(one, isActive, isVerified)),
    ),
  );
  return streamExport(users, query, { facets: facets.length === users.facets.length ? 'all' : facets }, call);
});
