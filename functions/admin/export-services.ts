import { serve } from '../../core/http/serve.ts';
import { admin } from './api.ts';
import { streamExport } from './export/export.ts';
import { categories } from './records/codes.ts';
import { serviceFacet, services } from './records/service.ts';

const both = [true, false];

export const handler = serve(admin.exportServices, ({ query, ...call }) => {
  const { category, is_active: active } = query;
  const facets = (category ? [category] : categories).flatMap((one) =>
    (active === undefined ? both : [active]).map((isActive) => serviceFacet(one, isActive)),
  );
  return streamExport(
    services,
    query,
    { facets: facets.length === services.facets.length ? 'all' : facets },
    call,
  );
});
