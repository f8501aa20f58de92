/** Error codes of failures before the first byte of a request was sent. */
const codesBeforeSending = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** True if the request certainly did not reach the provider. */
export function isBeforeSending(error: unknown): boolean {
  for (let fault: unknown = error; fault instanceof Error; fault = fault.cause)
    if ('code' in fault && codesBeforeSending.has(String(fault.code))) return true;
  return false;
}
