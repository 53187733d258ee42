/** Where something listens: a host name or IP address, and a TCP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where this process reaches a port of a pod. */
export interface PodAddress extends Address {
  /** An engine's relay listens there (a published port): it accepts connections before the container does, and then closes them. */
  readonly relayed?: boolean;
}
