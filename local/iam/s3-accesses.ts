import type { Access } from './judge.ts';

/**
 * The accesses of a request to S3, from its method and path-style URL.
 *
 * @param formKey the object key of a browser form upload, which is in the body and not in the URL.
 */
export function s3Accesses(method: string, url: string, copySource?: string, formKey?: string): Access[] {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [bucket = '', ...rest] = pathname.slice(1).split('/').map(decodeURIComponent);
  const bucketArn = `arn:aws:s3:::${bucket}`;
  const key = formKey ?? rest.join('/');
  if (bucket === '') return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  if (key === '') {
    if (method === 'POST' && searchParams.has('delete'))
      return [{ action: 's3:DeleteObject', resource: `${bucketArn}/*` }];
    return [{ action: bucketAction(method, searchParams), resource: bucketArn }];
  }
  const resource = `${bucketArn}/${key}`;
  const accesses = [{ action: objectAction(method, searchParams), resource }];
  if (copySource)
    accesses.push({
      action: 's3:GetObject',
      resource: `arn:aws:s3:::${decodeURIComponent(copySource).replace(/^\//, '')}`,
    });
  return accesses;
}

function bucketAction(method: string, query: URLSearchParams): string {
  if (query.has('lifecycle'))
    return method === 'GET' ? 's3:GetLifecycleConfiguration' : 's3:PutLifecycleConfiguration';
  if (query.has('uploads')) return 's3:ListBucketMultipartUploads';
  if (method === 'PUT') return 's3:CreateBucket';
  if (method === 'DELETE') return 's3:DeleteBucket';
  return 's3:ListBucket';
}

function objectAction(method: string, query: URLSearchParams): string {
  if (method === 'GET' || method === 'HEAD')
    return query.has('attributes') ? 's3:GetObjectAttributes' : 's3:GetObject';
  if (method === 'DELETE') return query.has('uploadId') ? 's3:AbortMultipartUpload' : 's3:DeleteObject';
  return 's3:PutObject';
}
