/** First bytes of workbooks of Excel 97–2003, and of those with a password (MS-CFB §2.2). */
const xlsSignature = Buffer.from('d0cf11e0a1b11ae1', 'hex');

/** A zip file begins with an entry, or with its end if it has none (PKWARE's APPNOTE.TXT §4.3). */
const zipSignatures = ['504b0304', '504b0506'].map((hex) => Buffer.from(hex, 'hex'));

/**
 * Kind of a workbook by the first bytes of a file, since its name and type are not to be trusted; `undefined`
 * for any other file. A CSV may begin with the letters `PK`, but not with a zip's signature.
 */
export function workbookKind(file: Buffer): 'xls' | 'xlsx' | undefined {
  if (file.subarray(0, xlsSignature.length).equals(xlsSignature)) return 'xls';
  return zipSignatures.some((signature) => file.subarray(0, 4).equals(signature)) ? 'xlsx' : undefined;
}
