/**
 * Delivery over sockets: UDP, TCP, unix sockets, and clients of other libraries. Begin with {@link SocketDelivery}.
 *
 * @module @tallykit/exporter-base/sockets
 */

export { parseAddress, readAddress, readSocketPath } from './transports/address.ts';
export type { AddressAdvice, AddressOptions, NetworkAddress } from './transports/address.ts';
export {
  clientPacing,
  clientPlace,
  readClient,
  type GivenClient,
  type PayloadSender,
} from './transports/given-client.ts';
export { ClientTransport } from './transports/client-transport.ts';
export { SocketDelivery } from './delivery/socket-delivery.ts';
export { StreamTransport, type StreamTransportOptions } from './transports/stream-transport.ts';
export { UdpTransport, type UdpTransportOptions } from './transports/udp-transport.ts';
export {
  UnixgramTransport,
  type UnixgramModule,
  type UnixgramTransportOptions,
} from './transports/unixgram-transport.ts';
