// Preloaded into the programs of a library that knows only Datadog's own sites, which speak TLS: what it sends there goes to
// the intake of the test.
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';

https.request = ((
  options: RequestOptions,
  onResponse?: (response: IncomingMessage) => void,
): ClientRequest => {
  const { hostname, port } = new URL(process.env.INTAKE_URL!);
  const intake = { protocol: 'http:', host: hostname, hostname, port, agent: undefined };
  return http.request({ ...options, ...intake }, onResponse);
}) as typeof https.request;
