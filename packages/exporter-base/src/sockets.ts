export { parseAddress, readAddress, readSocketPath } from './address.ts';
export type { AddressAdvice, AddressOptions, NetworkAddress } from './address.ts';
export { clientPacing, readClient, type GivenClient, type PayloadSender } from './given-client.ts';
export { ClientTransport } from './client-transport.ts';
export { StreamTransport, type StreamTransportOptions } from './stream-transport.ts';
export { UdpTransport, type UdpTransportOptions } from './udp-transport.ts';
export {
  UnixgramTransport,
  type UnixgramModule,
  type UnixgramTransportOptions,
} from './unixgram-transport.ts';
