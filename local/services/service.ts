import type { IncomingHttpHeaders } from 'node:http';

/** A request of an AWS client, with its principal and its whole body. */
export interface AwsRequest {
  /** The name of the calling role, or the root access key. */
  readonly principal: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer | string;
}

/**
 * The local stand-in of one AWS service. It also authorises the request, since only it can read the resource.
 */
export type AwsService = (request: AwsRequest) => Promise<AwsAnswer>;

/** The operation that a value of `X-Amz-Target` names in AWS's JSON protocol: the part after the dot. */
export const operationIn = (target: string): string => target.slice(target.lastIndexOf('.') + 1);

/** The operation of a request in AWS's JSON protocol. */
export const operationOf = ({ headers }: AwsRequest): string =>
  operationIn(String(headers['x-amz-target'] ?? ''));

/** A result in AWS's JSON protocol. */
export const jsonAnswer = (value: object): AwsAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(value),
});

/** An error answer of a service, which every AWS SDK turns into an exception named by `code`. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  /** Additional fields of the answer. */
  readonly fields: Readonly<Record<string, string>>;
  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** The request took effect, but its answer is lost: the connection is closed without an answer. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** An error in the protocol of the service: XML for S3 and SNS, JSON for all others. */
export function errorAnswer(service: string, { code, message, status, fields }: AwsError): AwsAnswer {
  if (service === 's3' || service === 'sns') {
    const details = `<Code>${code}</Code><Message>${escapeXml(message)}</Message>`;
    const body =
      service === 's3'
        ? `<?xml version="1.0" encoding="UTF-8"?><Error>${details}</Error>`
        : `<ErrorResponse><Error><Type>Sender</Type>${details}</Error></ErrorResponse>`;
    return { status, headers: { 'content-type': 'application/xml' }, body };
  }
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message, ...fields }),
  };
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
