import type { Status } from '../../../core/batch/record.ts';
import type { Words } from '../records/display.ts';
import type { AdminOperationType } from './operation-types.ts';

export const batchStatusWords: Words<Status> = {
  pending: { 'pt-BR': 'Pendente', en: 'Pending' },
  processing: { 'pt-BR': 'Processando', en: 'Processing' },
  completed: { 'pt-BR': 'Concluído', en: 'Completed' },
  failed: { 'pt-BR': 'Falhou', en: 'Failed' },
  partial: { 'pt-BR': 'Parcialmente Concluído', en: 'Partially Completed' },
  canceled: { 'pt-BR': 'Cancelado', en: 'Canceled' },
};

export const operationWords: Words<AdminOperationType> = {
  order_update: { 'pt-BR': 'Atualização de Pedidos', en: 'Order Update' },
  professional_approval: { 'pt-BR': 'Aprovação de Profissionais', en: 'Professional Approval' },
  service_update: { 'pt-BR': 'Atualização de Serviços', en: 'Service Update' },
  user_update: { 'pt-BR': 'Atualização de Usuários', en: 'User Update' },
};
