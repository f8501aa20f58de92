import { serve } from '../../core/http/serve.ts';
import { ops } from './api.ts';

export const handler = serve(ops.health, () => ({ status: 'ok' as const }));
