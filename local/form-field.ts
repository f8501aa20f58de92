/** Fields of a browser form come before its file, so only the beginning of its body is searched. */
const searchedBytesMax = 16_384;

/**
 * First line of a field of a multipart form (RFC 7578).
 *
 * @param name in lower case; the case of the form's own name does not matter.
 * @returns undefined if the form does not have the field, or its first line is empty.
 */
export function formField(body: Buffer, name: string): string | undefined {
  const lines = body.subarray(0, searchedBytesMax).toString().split('\r\n');
  const disposition = lines.findIndex((line) => parameters(line).includes(`name=${name}`));
  if (disposition < 0) return undefined;
  const headersEnd = lines.indexOf('', disposition);
  return headersEnd < 0 ? undefined : lines[headersEnd + 1] || undefined;
}

/** Parameters of a header line in lower case, without the optional quotes. */
const parameters = (line: string): string[] =>
  line
    .toLowerCase()
    .split(';')
    .map((parameter) => parameter.trim().replaceAll('"', ''));
