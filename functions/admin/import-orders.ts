import { serve } from '../../core/serve.ts';
import { admin } from './api.ts';
import { importRecords } from './import.ts';
import { orders } from './order.ts';

export const handler = serve(admin.importOrders, ({ body, caller }) => importRecords(orders, caller, body));
