export { clientPacing, readClient, type GivenClient, type PayloadSender } from './given-client.ts';
export {
  clientTransport,
  OnDemandTransport,
  streamTransport,
  unixgramTransport,
} from './on-demand-transport.ts';
export type { StreamTransportOptions } from './stream-transport.ts';
export { UdpTransport, type UdpTransportOptions } from './udp-transport.ts';
export type { UnixgramModule, UnixgramTransportOptions } from './unixgram-transport.ts';
