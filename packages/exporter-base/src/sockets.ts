export { parseAddress, readAddress, readSocketPath } from './address.ts';
export type { AddressAdvice, AddressOptions, NetworkAddress } from './address.ts';
export { clientPacing, readClient, type GivenClient, type PayloadSender } from './given-client.ts';
export { clientTransport, streamTransport, udpTransport, unixgramTransport } from './on-demand-transport.ts';
export type { StreamTransportOptions } from './stream-transport.ts';
export type { UdpTransportOptions } from './udp-transport.ts';
export type { UnixgramModule, UnixgramTransportOptions } from './unixgram-transport.ts';
