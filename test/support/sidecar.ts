import { createServer, type ServerResponse } from 'node:http';

/** What the parent process sends to the sidecar. */
export type Order = { readonly leader: string } | { readonly eventsPerSecond: number } | 'report';

/** What the sidecar sends back: first when it listens, then after each order. */
export interface Report {
  readonly port: number;
  readonly requests: number;
  /** When the leader last changed, by `process.hrtime.bigint()`, which all processes of a machine share. */
  readonly changedAtNs: string;
}

// A program of its own, so that its work does not run on the event loop under test. It answers as nais/elector does.
let leader = 'self';
let requests = 0;
let changedAtNs = 0n;
let flooding: NodeJS.Timeout | undefined;
const streams = new Set<ServerResponse>();

const server = createServer((request, response) => {
  if (request.url === '/sse') {
    streams.add(response.writeHead(200, { 'content-type': 'text/event-stream' }));
    response.on('close', () => streams.delete(response));
    response.write(`data: ${body()}\n\n`);
    return;
  }
  requests += 1;
  response.writeHead(200, { 'content-type': 'application/json' }).end(body());
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', report);

process.on('message', (order: Order) => {
  if (order !== 'report' && 'leader' in order) {
    changedAtNs = process.hrtime.bigint();
    leader = order.leader;
    push();
  } else if (order !== 'report') flood(order.eventsPerSecond);
  report();
});
process.on('disconnect', () => process.exit());

function push(): void {
  for (const stream of streams) stream.write(`data: ${body()}\n\n`);
}

/** Repeats the event without a change, so often a second; 0 ends it. */
function flood(eventsPerSecond: number): void {
  clearInterval(flooding);
  if (eventsPerSecond === 0) return;
  flooding = setInterval(() => {
    for (let event = 0; event < eventsPerSecond / 100; event += 1) push();
  }, 10);
}

function body(): string {
  return JSON.stringify({ name: leader, last_update: new Date().toISOString() });
}

function report(): void {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send?.({ port, requests, changedAtNs: String(changedAtNs) } satisfies Report);
}
