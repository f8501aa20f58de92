/**
 * What a contract may name under `uses`. Each name is a construct of the stack, a statement of IAM and an environment variable.
 */
export const tables = ['patients', 'audit', 'guards'] as const;
export type TableName = (typeof tables)[number];

export const queues = ['patientRecovery'] as const;
export type QueueName = (typeof queues)[number];

/**
 * `read`: get and query. `write`: read, put, update, delete. `append`: read and put, never change or delete. `send`: send messages.
 */
export type Uses = Partial<Record<TableName, 'read' | 'write' | 'append'> & Record<QueueName, 'send'>>;

const constantCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** The environment variable that holds a table's name. */
export const tableVariable = (table: TableName): string => `${constantCase(table)}_TABLE`;

/** The environment variable that holds a queue's URL. */
export const queueVariable = (queue: QueueName): string => `${constantCase(queue)}_QUEUE`;
