import { qualifiedName, type Resource } from './resource.ts';

/** A `Status`, the body of every answer that is not an object. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly code?: number;
}

const STATUS = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;

/** A request that the API server refuses, worded as kube-apiserver words it. */
export class ApiFailure extends Error {
  readonly status: Status;
  readonly code: number;

  constructor(code: number, reason: string, message: string, details?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.status = { ...STATUS, status: 'Failure', message, reason, ...(details !== undefined && { details }), code };
  }
}

/** The body of a successful DELETE. */
export function deleted(resource: Resource, name: string, uid: string): Status {
  return { ...STATUS, status: 'Success', details: { ...detailsOf(resource, name), uid } };
}

/** 400: the request makes no sense. */
export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message);
}

/** 401: the token is not valid. */
export function unauthorized(): ApiFailure {
  return new ApiFailure(401, 'Unauthorized', 'Unauthorized');
}

/** 403: `user` has no Role for this. */
export function forbidden(user: string, verb: string, resource: Resource, namespace: string, name = ''): ApiFailure {
  const { group, plural } = resource;
  const what = name === '' ? qualifiedName(resource) : `${qualifiedName(resource)} "${name}"`;
  const message = `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" in the namespace "${namespace}"`;
  return new ApiFailure(403, 'Forbidden', message, detailsOf(resource, name));
}

/** 404: there is no such object. */
export function notFound(resource: Resource, name: string): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" not found`;
  return new ApiFailure(404, 'NotFound', message, detailsOf(resource, name));
}

/** 404: the API server serves no such path. */
export function unknownPath(): ApiFailure {
  return new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});
}

/** 405: the path does not take this method. */
export function methodNotAllowed(): ApiFailure {
  const message = 'the server does not allow this method on the requested resource';
  return new ApiFailure(405, 'MethodNotAllowed', message, {});
}

/** 409: an object of this name exists. */
export function alreadyExists(resource: Resource, name: string): ApiFailure {
  const message = `${qualifiedName(resource)} "${name}" already exists`;
  return new ApiFailure(409, 'AlreadyExists', message, detailsOf(resource, name));
}

/** 409: the write names an old version. */
export function conflict(resource: Resource, name: string): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`;
  return new ApiFailure(409, 'Conflict', message, detailsOf(resource, name));
}

/** 410: the history no longer reaches back to this version. */
export function tooOld(version: bigint, oldest: bigint): ApiFailure {
  return new ApiFailure(410, 'Expired', `too old resource version: ${version} (${oldest})`);
}

/** 413: the body is larger than the database takes. */
export function tooLarge(limit: number): ApiFailure {
  return new ApiFailure(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}

/** 503: the database takes no writes. */
export function unavailable(): ApiFailure {
  const message = 'the server is currently unable to handle the request';
  return new ApiFailure(503, 'ServiceUnavailable', message, {});
}

/** 504: the read names a version that the database has not reached. */
export function notReached(version: bigint, current: bigint): ApiFailure {
  const message = `Timeout: Too large resource version: ${version}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiFailure(504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
}

function detailsOf({ group, plural }: Resource, name: string): Readonly<Record<string, string>> {
  return { ...(name !== '' && { name }), ...(group !== '' && { group }), kind: plural };
}
