export interface High {
  readonly x: number;
}
