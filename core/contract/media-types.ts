/**
 * The media types under which a CSV is sent: its own (RFC 4180), what Windows with Excel calls such a file,
 * and what programs call a file that they do not know.
 */
export const csvTypes = ['text/csv', 'application/vnd.ms-excel', 'application/octet-stream'] as const;

/**
 * The media types whose bodies reach a function as the bytes that were sent. Of others the gateway makes a
 * text, in which bytes that are not UTF-8 are lost.
 */
export const binaryTypes = ['multipart/form-data', ...csvTypes] as const;
