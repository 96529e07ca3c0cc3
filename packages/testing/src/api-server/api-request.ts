import type { Caller } from './access.ts';
import type { ApiObject } from './api-object.ts';
import type { Status } from './status.ts';
import type { WatchRequest } from './watch-request.ts';

/** A request to the API server whose body has been received. */
export interface ApiRequest {
  readonly caller: Caller;
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Whether writes fail. */
  readonly isReadOnly: boolean;
}

/** The answer: a body, or a watch that goes on. */
export type ApiAnswer = { readonly code: number; readonly body: ApiObject | Status } | { readonly watch: WatchRequest };
