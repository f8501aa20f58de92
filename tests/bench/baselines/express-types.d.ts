/** The part of Express that the baseline uses; its types are a package of their own that nothing else here needs. */
declare module 'express' {
  import type { IncomingMessage, Server, ServerResponse } from 'node:http';

  export interface Request extends IncomingMessage {
    params: Record<string, string>;
    body: unknown;
  }
  export interface Response extends ServerResponse {
    locals: Record<string, unknown>;
    status(code: number): this;
    json(value: unknown): this;
  }
  export type Next = (error?: unknown) => void;
  export type Handler = (request: Request, response: Response, next: Next) => unknown;

  export interface App {
    use(handler: Handler): this;
    get(path: string, ...handlers: Handler[]): this;
    post(path: string, ...handlers: Handler[]): this;
    put(path: string, ...handlers: Handler[]): this;
    delete(path: string, ...handlers: Handler[]): this;
    listen(port: number, host: string, listening: () => void): Server;
  }

  const express: { (): App; json(options: { limit: string }): Handler };
  export default express;
}
